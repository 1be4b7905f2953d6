//! The API's handlers, by what they are about.

pub(super) mod deployments;
pub(super) mod evidence;
pub(super) mod flows;
pub(super) mod publish;
pub(super) mod tokens;
pub(super) mod versions;
