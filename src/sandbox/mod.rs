//! Runs the JavaScript of data actions, within limits of time, memory and stack.
//!
//! ```text
//! run ─▶ Session ─▶ a thread ─▶ an engine ─▶ main(context) ─▶ JSON
//!                      ▲                          │
//!                      └── context.actions.NAME ◀─┘
//! ```
//!
//! Each call of a script, also of one that another calls, has a thread and an engine of its own. So
//! nothing that a script does to its globals outlives its call or reaches another script, and a
//! stack or a heap that is used up is its own. What passes between scripts, and in and out, is JSON
//! text. The clock is shared by all scripts of a run.
//!
//! The engine asks between JavaScript operations whether its time is up, but not inside every one of
//! its own functions. So the caller waits for the thread only a little longer than the limit, then
//! leaves it to end by itself.
//!
//! A script has the language and nothing else: no file, network, process, module, timer or thread,
//! and no clock finer than `Date`.

mod calls;
mod engine;
mod fault;
mod logs;
mod natives;
mod realm;
mod session;
mod stack;
mod worker;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

pub use fault::{Fault, FaultKind};

use session::Session;

/// How much a run may use. The default is 1 second, 32 MiB and a stack of 4 MiB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// From the start of the run to its result, with all scripts that it calls.
    pub wall: Duration,
    /// The heap of each script, in bytes: taken as at least 1 MiB. A result may be an eighth of it,
    /// as JSON text.
    pub memory: usize,
    /// The stack of each script, in bytes: taken as at least 64 KiB and at most 8 MiB.
    pub stack: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { wall: Duration::from_secs(1), memory: 32 << 20, stack: 4 << 20 }
    }
}

/// A data action as the sandbox knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// The JavaScript that defines `main`.
    pub content: Arc<str>,
    /// The names of the actions that it may call.
    pub dependencies: BTreeSet<String>,
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// What `main` returned, or why there is no result.
    pub result: Result<Value, Fault>,
    /// What the scripts wrote to the console, in order; no entry holds a line break.
    pub logs: Vec<String>,
    /// How long the caller waited.
    pub duration: Duration,
}

/// Checks that the script compiles and that its top-level code defines a function `main`.
///
/// The top-level code is run for this, within the limits; `main` is not called.
pub fn check(content: &str, limits: &Limits) -> Result<(), Fault> {
    let content: Arc<str> = content.into();
    worker::finish(&Session::new(limits, BTreeMap::new()), move |session| {
        engine::check(session, &content)
    })
}

/// Runs the script called `entry`, and those of `scripts` that it depends on when it calls them.
///
/// The caller is held up for the wall limit and a tenth of a second at most. No panic, and nothing
/// that a script can do, passes on to the caller.
pub fn run(entry: &str, scripts: &BTreeMap<String, Script>, input: &Value, limits: &Limits) -> Run {
    let begun = Instant::now();
    let session = Session::new(limits, reachable(entry, scripts));
    let (name, input) = (entry.to_owned(), input.to_string());
    let result = worker::finish(&session, move |session| engine::entry(session, name, &input));
    Run { result, logs: session.logs(), duration: begun.elapsed() }
}

/// Returns the entry and all that it depends on, as far as they are there.
fn reachable(entry: &str, scripts: &BTreeMap<String, Script>) -> BTreeMap<String, Script> {
    let mut found = BTreeMap::new();
    let mut open = vec![entry];
    while let Some(name) = open.pop() {
        let Some(script) = scripts.get(name) else { continue };
        if found.insert(name.to_owned(), script.clone()).is_none() {
            open.extend(script.dependencies.iter().map(String::as_str));
        }
    }
    found
}
