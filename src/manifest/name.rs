//! What names may look like. They become file names in git trees and parts of git refs.

/// What `metadata.name` looks like, besides [`is_resource`]'s further rules.
pub(super) const RESOURCE_PATTERN: &str = "^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$";

/// What the name of an environment looks like.
pub(super) const ENVIRONMENT_PATTERN: &str = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$";

/// What the name of a value looks like.
pub(super) const VALUE_PATTERN: &str = "^[A-Za-z0-9_.-]+$";

pub(super) const RESOURCE_RULE: &str = "use 1 to 63 characters of a-z, 0-9, `.`, `_` and `-`, \
     the first and last a letter or digit, without `..` and not ending in `.lock`";

pub(super) const ENVIRONMENT_RULE: &str = "use 1 to 63 characters of a-z, 0-9 and `-`, the first \
     and last a letter or digit";

/// Tells whether a resource can have the name.
#[expect(clippy::case_sensitive_file_extension_comparisons, reason = "git compares it so")]
pub(super) fn is_resource(name: &str) -> bool {
    let inner = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
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
    let edge = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
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
        assert!(is_environment("us-production"));
        assert!(!is_environment("us.production"));
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
