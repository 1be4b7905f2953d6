//! A data action as git wants it, and as it is compared with what is live.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::{DataActionRecord, Declared, Kind, Location, Metadata, Source, Span, State};

/// The most bytes of UTF-8 that the platform takes as a script.
pub const MAX_SCRIPT_BYTES: usize = 65_536;

/// What a data action holds, besides its name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DataActionContent {
    /// What it is for; an empty one is none.
    pub description: Option<String>,
    /// `SCRIPT`.
    pub action_type: String,
    /// What starts it, such as `{"type": "MANUAL"}`.
    pub trigger: Map<String, Value>,
    /// Whether flows may run it.
    pub enabled: bool,
    /// The data actions that its script calls, by name. Their order means nothing.
    pub dependencies: BTreeSet<String>,
    /// `JavaScript`.
    pub language: String,
    /// The script's text.
    pub script: Arc<str>,
    /// Properties that only the platform knows. Never compared, always carried along when the action
    /// is written.
    pub extra: Map<String, Value>,
}

/// How a script stands in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScriptForm {
    /// It is the whole file.
    File,
    /// It is a literal block of a manifest: its first line, and how many characters each of its lines
    /// is indented by.
    Block {
        /// The line of the manifest that holds the script's line 1.
        first_line: u32,
        /// How many characters stand before the script's column 1.
        indent: u32,
    },
    /// It is a quoted, plain or folded scalar, in which places of the script cannot be told apart.
    Scalar(Span),
}

/// Where a script stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptPlace {
    /// The `.js` file, or the manifest.
    pub source: Arc<Source>,
    /// How it stands there.
    pub form: ScriptForm,
}

impl ScriptPlace {
    /// Returns where a line and a column of the script stand; both count from 1, and 0 is taken for
    /// 1.
    pub fn locate(&self, line: u32, column: u32) -> Location {
        let (line, column) = (line.max(1), column.max(1));
        let span = match self.form {
            ScriptForm::File => Span { line, column, length: 1 },
            ScriptForm::Block { first_line, indent } => Span {
                line: first_line.saturating_add(line - 1),
                column: column.saturating_add(indent),
                length: 1,
            },
            ScriptForm::Scalar(span) => span,
        };
        Location { source: Arc::clone(&self.source), span }
    }
}

/// What a test case expects of a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Expectation {
    /// That it ends without an error.
    Success,
    /// That it returns this value; numbers are compared by value, `undefined` is `null`.
    Output(Value),
    /// That it throws an error whose message contains this text.
    Error(String),
}

/// A case of `spec.tests`.
#[derive(Debug, Clone, PartialEq)]
pub struct TestCase {
    /// Unique within the data action.
    pub name: String,
    /// What the script gets as `context.input`.
    pub input: Value,
    /// What must come of it.
    pub expect: Expectation,
    /// Where the case begins.
    pub place: Span,
}

/// A data action with where it came from. Its name on the platform is `metadata.name`.
#[derive(Debug, Clone)]
pub struct DesiredDataAction {
    /// Name, labels and place.
    pub metadata: Metadata,
    /// What is wanted.
    pub content: DataActionContent,
    /// Where the script stands.
    pub script_place: ScriptPlace,
    /// Where each dependency is named.
    pub dependency_places: BTreeMap<String, Span>,
    /// The cases that must pass, here and in the tenant.
    pub tests: Arc<[TestCase]>,
}

impl Declared for DesiredDataAction {
    const KIND: Kind = Kind::DataAction;
    type Record = DataActionRecord;

    fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    fn records(state: &State) -> &BTreeMap<String, DataActionRecord> {
        &state.data_actions
    }
}
