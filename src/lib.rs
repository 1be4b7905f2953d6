//! flowgate keeps a NICE CXone tenant equal to a git repository of declarative flows.

pub mod model;
pub mod manifest;
pub mod validate;
pub mod delta;
pub mod plan;
pub mod rollout;
pub mod render;
pub mod cxone;
pub mod git;
pub mod emulator;
pub mod apply;
pub mod controller;
