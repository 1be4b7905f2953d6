//! The file of one resource in the state, as JSON.
//!
//! Equal records are equal bytes: keys have one order, and so has everything whose order means nothing.
//! What this version does not know it refuses to read.

mod data_action;
mod data_store;
mod flow;
mod holds;

pub use data_action::{data_action, recorded_data_action};
pub use data_store::{data_store, recorded_data_store};
pub use flow::{content, recorded, recorded_draft};
pub(in crate::git) use holds::Holds;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use crate::model::{ParseIdError, RecordedJson};

const API_VERSION: &str = "flowgate.dev/v1";

/// A record that has a file.
pub(in crate::git) trait Stored: Sized {
    /// What the file says it is.
    const KIND: &'static str;
    /// The whole file.
    type File: Serialize + DeserializeOwned;

    /// Returns `apiVersion` and `kind` of a file.
    fn header(file: &Self::File) -> (&str, &str);

    /// Returns the record's file.
    fn to_file(&self) -> Self::File;

    /// Reads a file whose header is right.
    fn from_file(file: Self::File) -> Result<Self, ParseIdError>;
}

/// Returns the file of a record, with a line break at the end.
pub(in crate::git) fn write<R: Stored>(record: &R) -> String {
    // Through a value, whose keys can be ordered. It cannot fail: all keys are texts.
    let mut value = serde_json::to_value(record.to_file()).unwrap_or_default();
    value.sort_all_objects();
    format!("{value:#}\n")
}

/// What says whether the rest can be read.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Header {
    api_version: String,
    kind: String,
}

/// Reads the file of a record; the error says what is wrong with the file, as in `is not JSON`.
pub(in crate::git) fn read<R: Stored>(bytes: &[u8]) -> Result<R, String> {
    let unread = |error| fault(R::KIND, bytes).unwrap_or(format!("cannot be read: {error}"));
    let file: R::File = serde_json::from_slice(bytes).map_err(|error| unread(error.to_string()))?;
    if R::header(&file) != (API_VERSION, R::KIND) {
        return Err(unread("its header is another one".to_owned()));
    }
    R::from_file(file).map_err(|error| format!("cannot be read: {error}"))
}

/// Returns what is wrong with a file as a whole.
fn fault(kind: &str, bytes: &[u8]) -> Option<String> {
    let header: Header = match serde_json::from_slice(bytes) {
        Err(error) if error.is_data() => Header::default(),
        Err(error) => return Some(format!("is not JSON: {error}")),
        Ok(header) => header,
    };
    if header.kind != kind {
        return Some(format!("is no {kind}, as flowgate writes it"));
    }
    (header.api_version != API_VERSION).then(|| {
        let version = header.api_version;
        format!("has apiVersion {version:?}, which this flowgate cannot read; use a newer one")
    })
}

/// Returns a value as records keep it.
fn raw<T: Serialize + ?Sized>(value: &T) -> RecordedJson {
    // It cannot fail: all keys are texts.
    RecordedJson(to_raw_value(value).unwrap_or_else(|_| RawValue::NULL.to_owned()))
}
