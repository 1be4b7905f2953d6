//! Whole passes, from a commit to its note, on the in-process emulator under a paused clock.

mod adopt;
mod basics;
mod crashes;
mod data_actions;
mod data_stores;
mod failures;
mod gates;
mod guards;
mod people;
mod together;
mod trials;
mod world;
