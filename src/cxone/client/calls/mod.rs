//! The calls of the API.

mod data_actions;
mod data_stores;
mod flows;
