//! Why a command failed.

use std::error::Error as _;
use std::fmt::Write as _;
use std::io;

use crate::{controller, emulator, git};

/// Why a command failed: exit code 1.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// A pass, or reading for one.
    #[error(transparent)]
    Controller(#[from] controller::Error),
    /// The repository.
    #[error(transparent)]
    Git(#[from] git::Error),
    /// The emulator's data.
    #[error(transparent)]
    Emulator(#[from] emulator::Error),
    /// The operating system.
    #[error("cannot {doing}")]
    Io {
        /// What was being done, to what.
        doing: String,
        /// Why not.
        source: io::Error,
    },
    /// Files that are there already and hold something else.
    #[error(
        "these files are there already and hold something else, so nothing was written: {files}; {hint}"
    )]
    Exists {
        /// Which.
        files: String,
        /// What to do.
        hint: &'static str,
    },
    /// A file that is not what it should be, or something that this version does not do; what to
    /// do instead.
    #[error("{0}")]
    Refused(String),
}

impl Error {
    /// Says what was being done when the operating system refused.
    pub(super) fn io(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Io { doing, source }
    }

    /// Returns the error and everything that caused it in one line, each said once.
    pub(super) fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut source = self.source();
        while let Some(error) = source {
            let cause = error.to_string();
            if !text.ends_with(&cause) {
                // Writing to a text cannot fail.
                let _ = write!(text, ": {cause}");
            }
            source = error.source();
        }
        text
    }
}
