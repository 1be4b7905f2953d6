//! Whole passes, from a commit to its note, on the in-process emulator under a paused clock.

mod adopt;
mod basics;
mod crashes;
mod data_actions;
mod data_stores;
mod drift;
mod exports;
mod failures;
mod gates;
mod guards;
mod holds;
mod people;
mod retention;
mod reviewed;
mod sources;
mod tenants;
mod together;
mod trials;
mod windows;
mod world;
