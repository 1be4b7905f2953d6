//! Whole passes, from a commit to its note, on the in-process emulator under a paused clock.

mod basics;
mod crashes;
mod failures;
mod gates;
mod guards;
mod people;
mod world;
