//! What names may look like. They become file names in git trees and parts of git refs.

use crate::model::Kind;

/// What the names of a kind of resource look like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    /// As a regular expression, without what it cannot say of `..` and `.lock`.
    pub(super) pattern: &'static str,
    /// In words, for findings.
    pub(super) hint: &'static str,
    allows: fn(&str) -> bool,
}

impl Rule {
    /// Returns the rule for `metadata.name` of a kind.
    pub(super) fn of(kind: Kind) -> Self {
        match kind {
            Kind::Flow => Self::PLAIN,
            Kind::DataAction => {
                Self { pattern: ACTION_PATTERN, hint: ACTION_RULE, allows: is_action }
            }
            Kind::DataStore => Self { pattern: STORE_PATTERN, hint: STORE_RULE, allows: is_store },
        }
    }

    /// The rule for flows, and for what is named nowhere but in `flowgate.yaml`.
    pub(super) const PLAIN: Self =
        Self { pattern: RESOURCE_PATTERN, hint: RESOURCE_RULE, allows: is_resource };

    /// Tells whether something can have the name.
    pub(super) fn allows(&self, name: &str) -> bool {
        (self.allows)(name)
    }
}

/// Returns what names of the kind look like, in words, where this is none; `None` where it is one.
pub fn name_fault(kind: Kind, name: &str) -> Option<&'static str> {
    let rule = Rule::of(kind);
    (!rule.allows(name)).then_some(rule.hint)
}

/// Returns a name that resources of every kind but data actions can have, close to what people call
/// the thing: letters of all scripts as a-z, everything between words as one `-`.
///
/// `None` where nothing is left of the text.
pub fn name_from(text: &str) -> Option<String> {
    let ascii = deunicode::deunicode_with_tofu(text, "-").to_ascii_lowercase();
    let words: Vec<&str> =
        ascii.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let name = words.join("-");
    let name = name.get(..LONGEST).unwrap_or(&name).trim_end_matches('-');
    (!name.is_empty()).then(|| name.to_owned())
}

/// The longest name that every kind takes.
const LONGEST: usize = 63;

/// Returns a name with a suffix, shortened where it would become too long.
pub fn name_with_suffix(name: &str, suffix: &str) -> String {
    let room = LONGEST.saturating_sub(suffix.len() + 1);
    let name = name.get(..room).unwrap_or(name).trim_end_matches(['-', '.', '_']);
    format!("{name}-{suffix}")
}

/// What `metadata.name` looks like, besides [`is_resource`]'s further rules.
const RESOURCE_PATTERN: &str = "^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$";

/// What the platform takes as the name of a data action.
const ACTION_PATTERN: &str = r"^[a-zA-Z0-9_\-]{3,64}$";

/// What the name of a data store looks like, besides [`is_store`]'s further rules.
const STORE_PATTERN: &str = "^[a-zA-Z0-9]([a-zA-Z0-9._-]{0,61}[a-zA-Z0-9])?$";

/// What the name of an environment looks like.
pub(super) const ENVIRONMENT_PATTERN: &str = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$";

/// What the name of a value looks like.
pub(super) const VALUE_PATTERN: &str = "^[A-Za-z0-9_.-]+$";

const RESOURCE_RULE: &str = "use 1 to 63 characters of a-z, 0-9, `.`, `_` and `-`, \
     the first and last a letter or digit, without `..` and not ending in `.lock`";

const ACTION_RULE: &str = "use 3 to 64 characters of a-z, A-Z, 0-9, `_` and `-`";

const STORE_RULE: &str = "use 1 to 63 characters of a-z, A-Z, 0-9, `.`, `_` and `-`, the first and \
     last a letter or digit, without `..` and not ending in `.lock`";

pub(super) const ENVIRONMENT_RULE: &str = "use 1 to 63 characters of a-z, 0-9 and `-`, the first \
     and last a letter or digit";

/// Tells whether a flow can have the name.
fn is_resource(name: &str) -> bool {
    is_store(name) && !name.contains(|c: char| c.is_ascii_uppercase())
}

/// Tells whether a data action can have the name.
fn is_action(name: &str) -> bool {
    let inner = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    (3..=64).contains(&name.len()) && name.bytes().all(inner)
}

/// Tells whether a data store can have the name.
#[expect(clippy::case_sensitive_file_extension_comparisons, reason = "git compares it so")]
fn is_store(name: &str) -> bool {
    let inner = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    // Git takes neither of the two in the name of a ref.
    is_framed(name, inner) && !name.contains("..") && !name.ends_with(".lock")
}

/// Tells whether an environment can have the name.
pub(super) fn is_environment(name: &str) -> bool {
    is_framed(name, |b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

/// Tells whether a value can have the name.
pub(super) fn is_value(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
}

/// Tells whether git takes the name for a branch (`git check-ref-format --branch`).
#[expect(clippy::case_sensitive_file_extension_comparisons, reason = "git compares it so")]
pub(super) fn is_branch(name: &str) -> bool {
    let part = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    let refused = |c: char| c.is_control() || " ~^:?*[\\".contains(c);
    !name.starts_with('-')
        && name != "@"
        && !name.ends_with('.')
        && !name.contains("..")
        && !name.contains("@{")
        && !name.contains(refused)
        && name.split('/').all(part)
}

fn is_framed(name: &str, inner: impl Fn(u8) -> bool) -> bool {
    let edge = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = name.as_bytes();
    bytes.len() <= 63
        && edge(bytes.first())
        && edge(bytes.last())
        && bytes.iter().all(|b| inner(*b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_in_trees_and_refs() {
        for name in ["a", "customer-routing", "a.b_c-1", &"x".repeat(63)] {
            assert!(is_resource(name), "{name}");
        }
        let refused =
            ["", "-a", "a-", "A", "a/b", "a..b", "a.lock", "é", &"x".repeat(64), "a b", "."];
        for name in refused {
            assert!(!is_resource(name), "{name}");
        }
        for name in ["abc", "---", "Customer_Lookup-2", &"x".repeat(64)] {
            assert!(is_action(name), "{name}");
        }
        for name in ["", "ab", "a.b", "a b c", "é-é", "a/b", &"x".repeat(65)] {
            assert!(!is_action(name), "{name}");
        }
        assert!(is_store("Customers.EU_2") && is_store("a"));
        assert!(!is_store("_a") && !is_store("A..b") && !is_store("a.lock"));
        assert!(is_environment("us-production") && !is_environment("US"));
        assert!(!is_environment("us.production"));
    }

    #[test]
    fn what_people_call_a_flow_becomes_a_name() {
        let table = [
            ("Customer Routing Flow", "customer-routing-flow"),
            ("Zürich – Störung (24/7)", "zurich-storung-24-7"),
            ("Служба поддержки", "sluzhba-podderzhki"),
            ("  ..a..lock ", "a-lock"),
            ("客服", "ke-fu"),
            ("${values.x}", "values-x"),
        ];
        for (text, name) in table {
            assert_eq!(name_from(text).as_deref(), Some(name), "{text}");
        }
        assert_eq!(name_from(" -- "), None);
        for text in ["x".repeat(300), "é ".repeat(100), "ab".repeat(31) + " c"] {
            assert!(name_from(&text).is_some_and(|name| is_resource(&name)), "{text}");
        }
        let long = "x".repeat(56) + "-yyyyyy";
        assert_eq!(name_with_suffix(&long, "a1b2c3"), "x".repeat(56) + "-a1b2c3");
        assert_eq!(name_with_suffix("a", "a1b2c3"), "a-a1b2c3");
    }

    #[test]
    fn branches_are_what_git_takes() {
        for name in ["main", "release/1.x", "a@b"] {
            assert!(is_branch(name), "{name}");
        }
        for name in ["", "-x", "a b", "a..b", "/a", "a//b", "a/", "x.lock", ".x", "@", "a@{1}"] {
            assert!(!is_branch(name), "{name}");
        }
    }
}
