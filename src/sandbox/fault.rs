//! Why a script has no result.

use thiserror::Error;

/// Why a script has no result, and where in it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct Fault {
    /// What happened.
    pub kind: FaultKind,
    /// What happened, for people; what was thrown is cut at 2,000 characters.
    pub message: String,
    /// The action in whose script it happened, unless that is the entry.
    pub script: Option<String>,
    /// The line of the script, counted from 1.
    pub line: Option<u32>,
    /// The column in that line, in characters, counted from 1.
    pub column: Option<u32>,
}

/// What happened to a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// It does not compile.
    Syntax,
    /// It defines no function `main`.
    NoMain,
    /// It threw something, or its promise was rejected.
    Thrown,
    /// It, or an action that it called, was not done within the wall limit.
    TimedOut,
    /// It needed more memory than the limit.
    OutOfMemory,
    /// It called itself too deeply, or actions call each other too deeply.
    StackOverflow,
    /// It returned what is no JSON: a function, a symbol, a bigint, a cycle, too much of it.
    BadOutput,
    /// It returned a promise that nothing can settle any more.
    Unsettled,
    /// There is no script of that name.
    Missing,
    /// The sandbox takes no more scripts: too many earlier ones did not end when their time was up.
    Busy,
    /// The engine did not start, or broke down.
    Engine,
}

impl Fault {
    pub(super) fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), script: None, line: None, column: None }
    }

    pub(super) fn at(self, place: Option<(u32, u32)>) -> Self {
        let (line, column) = place.unzip();
        Self { line, column, ..self }
    }

    /// Says of a fault that names no script that it happened in this one.
    pub(super) fn within(self, script: &str) -> Self {
        Self { script: self.script.or_else(|| Some(script.to_owned())), ..self }
    }
}
