//! What a manifest says, as a tree in the order in which people write it.

use serde_json::{Map, Number, Value};

use super::super::scalar::Meaning;
use super::super::tree::{self, Node};

/// How the items of a list are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Identity {
    /// By their place.
    Place,
    /// By the text of a key.
    Key(&'static str),
    /// By a key that holds a UUID in any case.
    Uuid(&'static str),
    /// Connectors: by `id`, else by their ends.
    Ends,
    /// Each is its own name; its case says nothing.
    Own,
}

/// A value; keys and items stand in the order of the text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tree {
    /// No list and no mapping.
    Leaf(Value),
    List(Vec<Tree>, Identity),
    Map(Vec<(String, Tree)>),
}

impl Tree {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Leaf(Value::String(text.into()))
    }

    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, it)| it),
            _ => None,
        }
    }

    fn as_text(&self) -> Option<&str> {
        match self {
            Self::Leaf(value) => value.as_str(),
            _ => None,
        }
    }

    /// Returns what tells it apart from other items of its list.
    pub(super) fn id(&self, identity: Identity) -> Option<String> {
        let text = |key: &str| self.get(key).and_then(Self::as_text);
        match identity {
            Identity::Place => None,
            Identity::Key(key) => text(key).map(str::to_owned),
            Identity::Uuid(key) => text(key).map(str::to_ascii_lowercase),
            Identity::Own => self.as_text().map(str::to_ascii_lowercase),
            Identity::Ends => match text("id") {
                Some(id) => Some(id.to_owned()),
                None => Some(format!("{}->{}", text("sourceId")?, text("targetId")?)),
            },
        }
    }
}

impl From<&Value> for Tree {
    fn from(value: &Value) -> Self {
        match value {
            Value::Array(items) => {
                Self::List(items.iter().map(Self::from).collect(), Identity::Place)
            }
            Value::Object(map) => Self::from(map),
            leaf => Self::Leaf(leaf.clone()),
        }
    }
}

impl From<&Map<String, Value>> for Tree {
    fn from(map: &Map<String, Value>) -> Self {
        Self::Map(map.iter().map(|(key, value)| (key.clone(), value.into())).collect())
    }
}

impl From<&Node<'_>> for Tree {
    /// Keeps references as they are written, and writes out what aliases repeat.
    fn from(node: &Node<'_>) -> Self {
        match &node.value {
            tree::Value::Scalar(scalar) => Self::Leaf(match scalar.meaning {
                Meaning::Null => Value::Null,
                Meaning::Bool(flag) => flag.into(),
                Meaning::Integer(value) => value.into(),
                Meaning::Float(value) => Number::from_f64(value).map_or(Value::Null, Value::Number),
                _ => Value::from(&*scalar.text),
            }),
            tree::Value::List(items) => {
                Self::List(items.iter().map(Self::from).collect(), Identity::Place)
            }
            tree::Value::Mapping(entries) => {
                let entry =
                    |entry: &tree::Entry<'_>| (entry.key.to_string(), (&entry.value).into());
                Self::Map(entries.iter().map(entry).collect())
            }
        }
    }
}

/// Tells whether two trees say the same: in any order of keys and of what is known by name, with
/// numbers compared by value.
pub(super) fn same(a: &Tree, b: &Tree) -> bool {
    match (a, b) {
        (Tree::Leaf(a), Tree::Leaf(b)) => same_leaf(a, b),
        (Tree::Map(a), Tree::Map(_)) => {
            let Tree::Map(other) = b else { return false };
            a.len() == other.len()
                && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| same(value, other)))
        }
        (Tree::List(a, identity), Tree::List(b, _)) => {
            a.len() == b.len() && same_items(a, b, *identity)
        }
        _ => false,
    }
}

fn same_items(a: &[Tree], b: &[Tree], identity: Identity) -> bool {
    if identity == Identity::Place {
        return a.iter().zip(b).all(|(a, b)| same(a, b));
    }
    let other: std::collections::BTreeMap<_, _> =
        b.iter().map(|item| (item.id(identity), item)).collect();
    a.iter().all(|item| {
        let found = other.get(&item.id(identity));
        found.is_some_and(|found| identity == Identity::Own || same(item, found))
    })
}

fn same_leaf(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || float(a) == float(b),
        _ => a == b,
    }
}

fn float(number: &Number) -> Option<f64> {
    number.as_f64()
}
