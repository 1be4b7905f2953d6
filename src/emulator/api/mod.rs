//! The API's handlers, by what they are about.

pub(super) mod action_tests;
pub(super) mod data_actions;
pub(super) mod data_stores;
pub(super) mod deployments;
pub(super) mod evidence;
pub(super) mod flows;
pub(super) mod publish;
pub(super) mod records;
pub(super) mod tokens;
pub(super) mod versions;
