//! From what lies at a path to text.

use std::sync::Arc;

use crate::model::{Code, Finding, Source, Span};

use super::report::Report;

/// The most bytes that a file may have.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// What lies at a path of the flows folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A regular file.
    Bytes(Vec<u8>),
    /// A regular file of more than 4 MiB, not read.
    TooLarge,
    /// A symbolic link.
    Link,
    /// Another repository.
    Submodule,
}

/// A file of the flows folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Relative to the flows folder, with `/`.
    pub path: String,
    /// What lies there.
    pub content: Content,
}

/// Returns an empty report about the file's text, or one that says why the file has none.
///
/// A byte order mark at the start is not part of the text.
pub(super) fn open(file: File) -> Result<Report, Report> {
    match file.content {
        Content::Link => Err(refuse(file.path, Code::NotAFile, NO_LINKS)),
        Content::Submodule => Err(refuse(file.path, Code::NotAFile, NO_SUBMODULES)),
        Content::TooLarge => Err(refuse(file.path, Code::FileTooLarge, TOO_LARGE)),
        Content::Bytes(bytes) if bytes.len() > MAX_BYTES => {
            Err(refuse(file.path, Code::FileTooLarge, TOO_LARGE))
        }
        Content::Bytes(bytes) => decode(file.path, bytes),
    }
}

type Fault = (&'static str, &'static str);

const NO_LINKS: Fault = ("the path is a symbolic link", "commit the file itself");
const NO_SUBMODULES: Fault = ("the path is a submodule", "commit the files themselves");
const TOO_LARGE: Fault = ("the file is larger than 4 MiB", "put the documents into several files");

fn refuse(path: String, code: Code, (message, hint): Fault) -> Report {
    let source = Arc::new(Source { path, text: String::new() });
    let mut report = Report::new(Arc::clone(&source));
    report.push(Finding::new(code, &source, Span::START, message).with_hint(hint));
    report
}

fn decode(path: String, bytes: Vec<u8>) -> Result<Report, Report> {
    match String::from_utf8(bytes) {
        Ok(mut text) => {
            if text.starts_with('\u{feff}') {
                text.drain(..'\u{feff}'.len_utf8());
            }
            Ok(Report::new(Arc::new(Source { path, text })))
        }
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            Err(not_utf8(path, &String::from_utf8_lossy(error.as_bytes()), valid))
        }
    }
}

fn not_utf8(path: String, lossy: &str, valid: usize) -> Report {
    let source = Arc::new(Source { path, text: lossy.to_owned() });
    let mut report = Report::new(source);
    let span = report.lines().span_at(valid);
    report.add_hinted(
        Code::NotUtf8,
        span,
        "the file is not UTF-8 from here on",
        "save it as UTF-8 without other encodings",
    );
    report
}
