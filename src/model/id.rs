//! Identifiers that do not mix.

use std::fmt;
use std::str::FromStr;

/// Why a text is not the identifier it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {expected}")]
pub struct ParseIdError {
    text: String,
    expected: &'static str,
}

impl ParseIdError {
    fn new(text: &str, expected: &'static str) -> Self {
        Self { text: text.to_owned(), expected }
    }
}

macro_rules! platform_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Wraps an id as the platform spells it.
            pub fn new(id: impl Into<String>) -> Self {
                Self(id.into())
            }

            /// Returns the id as the platform spells it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

platform_id! {
    /// Names a flow on the platform.
    FlowId
}
platform_id! {
    /// Names one immutable version of a flow on the platform; not its semantic version.
    VersionId
}
platform_id! {
    /// Names a deployment on the platform.
    DeploymentId
}

platform_id! {
    /// Names a data action on the platform.
    DataActionId
}
platform_id! {
    /// Names a data store on the platform.
    DataStoreId
}
platform_id! {
    /// Names a record of a data store: a UUID, in lower case.
    ItemId
}

/// When a data action was changed last, in milliseconds since 1970: its guard against lost updates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModifiedTimestamp(pub i64);

impl fmt::Display for ModifiedTimestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The integer that guards a record of a data store: grows by one with each write.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemRevision(pub u64);

impl fmt::Display for ItemRevision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The integer that guards a flow's draft: grows by one with each write.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DraftRevision(pub u64);

impl fmt::Display for DraftRevision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A git commit, as 40 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(String);

impl Revision {
    /// Returns all 40 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the first 8 digits, for people.
    pub fn short(&self) -> &str {
        &self.0[..8]
    }
}

impl FromStr for Revision {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let hex = text.len() == 40 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if hex {
            Ok(Self(text.to_owned()))
        } else {
            Err(ParseIdError::new(text, "a full git commit id"))
        }
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The SHA-256 of a resource's canonical content; equal content has an equal hash however it is
/// spelled.
///
/// Written and read as `sha256:` and 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash([u8; 32]);

impl ContentHash {
    /// Wraps a finished digest.
    pub fn new(digest: [u8; 32]) -> Self {
        Self(digest)
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for ContentHash {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let error = || ParseIdError::new(text, "sha256: and 64 hexadecimal digits");
        let hex = text.strip_prefix("sha256:").ok_or_else(error)?;
        if hex.len() != 64 || !hex.is_ascii() {
            return Err(error());
        }
        let mut digest = [0; 32];
        for (i, byte) in digest.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).map_err(|_| error())?;
        }
        Ok(Self(digest))
    }
}

/// The kinds of resource that flowgate reconciles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A table that flows look things up in.
    DataStore,
    /// A script that flows run.
    DataAction,
    /// A contact flow.
    Flow,
}

impl Kind {
    /// Every kind, in the order in which a pass creates them; it deletes them the other way round.
    pub const ALL: &'static [Self] = &[Self::DataStore, Self::DataAction, Self::Flow];

    /// Returns the kind as manifests spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DataStore => "DataStore",
            Self::DataAction => "DataAction",
            Self::Flow => "Flow",
        }
    }

    /// Returns the kind as `manages` spells it.
    pub fn plural(self) -> &'static str {
        match self {
            Self::DataStore => "dataStores",
            Self::DataAction => "dataActions",
            Self::Flow => "flows",
        }
    }

    /// Returns the kind as sentences spell it.
    pub fn noun(self) -> &'static str {
        match self {
            Self::DataStore => "data store",
            Self::DataAction => "data action",
            Self::Flow => "flow",
        }
    }

    /// Returns what a delta of the kind has rows of.
    pub fn parts(self) -> &'static [Part] {
        match self {
            Self::DataStore => &[Part::Field, Part::Item, Part::Relation],
            Self::DataAction => &[],
            Self::Flow => &[Part::Element, Part::Connector],
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let found = Self::ALL.iter().copied().find(|kind| kind.as_str() == text);
        found
            .ok_or_else(|| ParseIdError::new(text, "a resource kind (Flow, DataAction, DataStore)"))
    }
}

/// What the rows of a delta matrix are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// A step of a flow.
    Element,
    /// A way between two elements.
    Connector,
    /// A field of a store's schema.
    Field,
    /// A record of a store.
    Item,
    /// The children of a record in one relationship field.
    Relation,
}

impl Part {
    /// Every part.
    pub const ALL: &'static [Self] =
        &[Self::Element, Self::Connector, Self::Field, Self::Item, Self::Relation];

    /// Returns the part as notes and plans spell one of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Element => "element",
            Self::Connector => "connector",
            Self::Field => "field",
            Self::Item => "record",
            Self::Relation => "relationship",
        }
    }

    /// Returns the part as notes and plans spell many of it.
    pub fn plural(self) -> &'static str {
        match self {
            Self::Element => "elements",
            Self::Connector => "connectors",
            Self::Field => "fields",
            Self::Item => "records",
            Self::Relation => "relationships",
        }
    }
}

/// A resource as manifests name it: kind and `metadata.name`. Written `Flow/customer-routing`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceId {
    /// What it is.
    pub kind: Kind,
    /// `metadata.name`, unique within its kind.
    pub name: String,
}

impl ResourceId {
    /// Names the flow `name`.
    pub fn flow(name: impl Into<String>) -> Self {
        Self { kind: Kind::Flow, name: name.into() }
    }

    /// Names the data action `name`.
    pub fn data_action(name: impl Into<String>) -> Self {
        Self { kind: Kind::DataAction, name: name.into() }
    }

    /// Names the data store `name`.
    pub fn data_store(name: impl Into<String>) -> Self {
        Self { kind: Kind::DataStore, name: name.into() }
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.name)
    }
}

impl FromStr for ResourceId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let error = || ParseIdError::new(text, "a resource such as Flow/customer-routing");
        let (kind, name) = text.split_once('/').ok_or_else(error)?;
        let kind = kind.parse().map_err(|_| error())?;
        if name.is_empty() {
            return Err(error());
        }
        Ok(Self { kind, name: name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_hash_survives_its_text_form() {
        let hash = ContentHash::new(std::array::from_fn(|i| u8::try_from(i).unwrap_or(0) * 7));
        assert_eq!(hash.to_string().parse(), Ok(hash));
    }

    #[test]
    fn texts_that_are_no_identifiers_are_refused() {
        assert!("abc".parse::<Revision>().is_err());
        assert!("A".repeat(40).parse::<Revision>().is_err());
        assert!("sha256:00".parse::<ContentHash>().is_err());
        assert!(format!("sha256:{}", "é".repeat(32)).parse::<ContentHash>().is_err());
        assert!("Flow/".parse::<ResourceId>().is_err());
        assert!("Queue/x".parse::<ResourceId>().is_err());
        assert_eq!("Flow/x".parse(), Ok(ResourceId::flow("x")));
    }
}
