//! Findings: what is wrong with the manifests, where, and what to do.

use std::sync::Arc;

use super::{Location, Source};

/// A run of characters within one file.
///
/// Lines and columns count from 1 and columns count characters, as editors show them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Line of the first character, from 1.
    pub line: u32,
    /// Column of the first character, from 1, in characters.
    pub column: u32,
    /// Length in characters; a finding never underlines past the end of its first line.
    pub length: u32,
}

impl Span {
    /// The beginning of a file.
    pub const START: Self = Self { line: 1, column: 1, length: 1 };
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing is sent while it stands.
    Error,
    /// Worth a look; nothing is held up.
    Warning,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal $severity:ident,)*) => {
        /// The closed list of what can be found; each has a section in
        /// `docs/reference/findings.md`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[$doc])* $variant,)*
        }

        impl Code {
            /// Every code, in the order of the reference page.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Returns the stable text of the code, such as `unknown-key`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }

            /// Returns how bad a finding of this code is.
            pub fn severity(self) -> Severity {
                match self {
                    $(Self::$variant => Severity::$severity,)*
                }
            }
        }
    };
}

codes! {
    /// The file is larger than 16 MiB.
    FileTooLarge = "file-too-large" Error,
    /// The file is not UTF-8.
    NotUtf8 = "not-utf8" Error,
    /// The path is a link or a submodule, which is never followed.
    NotAFile = "not-a-file" Error,
    /// The text is not YAML.
    YamlSyntax = "yaml-syntax" Error,
    /// The YAML nests deeper than 64 levels.
    YamlTooDeep = "yaml-too-deep" Error,
    /// Aliases repeat more than 10,000 nodes.
    YamlAliases = "yaml-aliases" Error,
    /// A mapping has a key twice.
    DuplicateKey = "duplicate-key" Error,
    /// A tag that flowgate does not know.
    UnknownTag = "unknown-tag" Error,
    /// A key that the kind does not have.
    UnknownKey = "unknown-key" Error,
    /// A value of another type than the key takes.
    WrongType = "wrong-type" Error,
    /// A required key is absent.
    MissingField = "missing-field" Error,
    /// A value outside what the key allows.
    BadValue = "bad-value" Error,
    /// A whole number that JSON cannot carry exactly.
    NumberTooLarge = "number-too-large" Error,
    /// A name outside what the platform and git take.
    BadName = "bad-name" Error,
    /// Two resources of one kind have one name.
    DuplicateResource = "duplicate-resource" Error,
    /// Two flows have one name on the platform.
    DuplicateDisplayName = "duplicate-display-name" Error,
    /// The flows folder has no `flowgate.yaml`, or more than one project.
    ProjectFile = "project-file" Error,
    /// A path, tenant or environment that the project names does not exist.
    UnknownReference = "unknown-reference" Error,
    /// A chain of `promotesFrom` that comes back to itself, or more than one draft owner a tenant.
    PromotionOrder = "promotion-order" Error,
    /// `${values.x}` names a value that the environment does not set.
    UnresolvedValue = "unresolved-value" Error,
    /// `valueFrom` names a source, or a field of one, that the environment does not declare.
    UnknownSource = "unknown-source" Error,
    /// Not a semantic version of three numbers.
    BadVersion = "bad-version" Error,
    /// A version that is not above what is there.
    VersionNotIncreasing = "version-not-increasing" Error,
    /// Two elements of a flow have one id.
    DuplicateElement = "duplicate-element" Error,
    /// Two connectors of a flow have one id.
    DuplicateConnector = "duplicate-connector" Error,
    /// An element type outside the project's `elementTypes`.
    UnknownElementType = "unknown-element-type" Error,
    /// A connector's source or target that is no element of the flow.
    DanglingConnector = "dangling-connector" Error,
    /// A flow without a `Begin`.
    NoBegin = "no-begin" Error,
    /// A flow with more than one `Begin`.
    ManyBegins = "many-begins" Error,
    /// A flow without an `End`.
    NoEnd = "no-end" Error,
    /// An element that no way from `Begin` reaches.
    Unreachable = "unreachable-element" Error,
    /// An element from which no way leads to an `End`.
    DeadEnd = "dead-end" Error,
    /// Two environments of one tenant bring data actions, or data stores.
    SharedKind = "shared-kind" Error,
    /// A flow names a data action or a data store that git does not declare.
    UndeclaredResource = "undeclared-resource" Error,
    /// A script file that is missing, no file, or outside the flows folder.
    ScriptFile = "script-file" Error,
    /// A script of more than 65,536 bytes.
    ScriptTooLarge = "script-too-large" Error,
    /// A script that does not compile.
    ScriptSyntax = "script-syntax" Error,
    /// A script without a function `main`.
    NoMain = "no-main" Error,
    /// A dependency that git does not declare; the tenant must have it.
    UndeclaredDependency = "undeclared-dependency" Warning,
    /// A dependency that neither git declares nor the tenant has.
    UnknownDependency = "unknown-dependency" Error,
    /// Data actions that depend on each other in a circle.
    DependencyCycle = "dependency-cycle" Error,
    /// A case of `spec.tests` that fails.
    FailingTest = "failing-test" Error,
    /// A data action that no flow and no other data action uses.
    UnusedDataAction = "unused-data-action" Warning,
    /// Two fields of a store have one name.
    DuplicateField = "duplicate-field" Error,
    /// A record has a field that its store does not have.
    UndefinedField = "undefined-field" Error,
    /// The id of a record is no UUID.
    BadId = "bad-id" Error,
    /// Two records of a store have one id.
    DuplicateRecord = "duplicate-record" Error,
    /// A relationship in a field of another type.
    NotARelationship = "not-a-relationship" Error,
    /// A child that git does not declare; the store must have it.
    UndeclaredRecord = "undeclared-record" Warning,
    /// A child that neither git declares nor the store has.
    UnknownRecord = "unknown-record" Error,
    /// Records whose relationships come back to where they began.
    RelationshipCycle = "relationship-cycle" Error,
    /// A chain of relationships longer than `max_depth`.
    RelationshipTooDeep = "relationship-too-deep" Error,
    /// More children than `max_depth`.
    TooManyChildren = "too-many-children" Error,
    /// A field is removed or gets another type, and records hold values of it.
    FieldInUse = "field-in-use" Error,
    /// A value of an environment that no manifest uses.
    UnusedValue = "unused-value" Warning,
    /// A source of an environment from which no flow takes a value.
    UnusedSource = "unused-source" Warning,
    /// A folder of `paths` in which no manifest lies.
    EmptyPath = "empty-path" Warning,
}

/// A second place that a finding points to, such as the first of two duplicates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub location: Location,
    /// What stands there, such as `first declared here`.
    pub text: String,
}

/// One thing that is wrong, where it is, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What kind of thing is wrong.
    pub code: Code,
    /// Where.
    pub location: Location,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// What to do, when more can be said than the message does.
    pub hint: Option<String>,
    /// Further places.
    pub labels: Vec<Label>,
}

impl Finding {
    /// Makes a finding without hint or labels.
    pub fn new(code: Code, source: &Arc<Source>, span: Span, message: impl Into<String>) -> Self {
        let location = Location { source: Arc::clone(source), span };
        Self { code, location, message: message.into(), hint: None, labels: Vec::new() }
    }

    /// Adds what to do.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds a further place.
    #[must_use]
    pub fn with_label(mut self, location: Location, text: impl Into<String>) -> Self {
        self.labels.push(Label { location, text: text.into() });
        self
    }

    /// Returns how bad it is.
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }
}
