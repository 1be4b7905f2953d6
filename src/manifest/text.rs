//! From what lies at a path to text.

use std::sync::Arc;

use crate::model::{Code, Finding, Source, Span};

use super::report::Report;

/// The most bytes that a file may have.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// What lies at a path of the flows folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A regular file.
    Bytes(Vec<u8>),
    /// A regular file of more than 16 MiB, not read.
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
        Content::Bytes(bytes) => match decode(bytes) {
            Ok(text) => Ok(Report::new(Arc::new(Source { path: file.path, text }))),
            Err(unreadable) => Err(not_utf8(file.path, unreadable)),
        },
    }
}

type Fault = (&'static str, &'static str);

const NO_LINKS: Fault = ("the path is a symbolic link", "commit the file itself");
const NO_SUBMODULES: Fault = ("the path is a submodule", "commit the files themselves");
const TOO_LARGE: Fault = ("the file is larger than 16 MiB", "put the documents into several files");

fn refuse(path: String, code: Code, (message, hint): Fault) -> Report {
    let source = Arc::new(Source { path, text: String::new() });
    let mut report = Report::new(Arc::clone(&source));
    report.push(Finding::new(code, &source, Span::START, message).with_hint(hint));
    report
}

/// Bytes that are not UTF-8: what can be read of them, and how far.
pub(super) struct Unreadable {
    lossy: String,
    valid_up_to: usize,
}

/// Returns the text that bytes stand for, without a byte order mark.
pub(super) fn decode(bytes: Vec<u8>) -> Result<String, Unreadable> {
    let mut text = String::from_utf8(bytes).map_err(|error| Unreadable {
        lossy: String::from_utf8_lossy(error.as_bytes()).into_owned(),
        valid_up_to: error.utf8_error().valid_up_to(),
    })?;
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    Ok(text)
}

fn not_utf8(path: String, unreadable: Unreadable) -> Report {
    let source = Arc::new(Source { path, text: unreadable.lossy });
    let mut report = Report::new(source);
    let span = report.lines().span_at(unreadable.valid_up_to);
    report.add_hinted(
        Code::NotUtf8,
        span,
        "the file is not UTF-8 from here on",
        "save it as UTF-8 without other encodings",
    );
    report
}
