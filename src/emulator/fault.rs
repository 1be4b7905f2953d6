//! Injected faults: what goes wrong, for which requests, how often.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::document::Countdown;

/// A rule that makes matching requests go wrong.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Fault {
    pub(super) id: String,
    pub(super) method: Option<String>,
    pub(super) path: Glob,
    pub(super) countdown: Countdown,
    pub(super) moment: Moment,
    pub(super) delay_ms: u32,
    pub(super) answer: Option<Canned>,
    pub(super) cut: Option<Cut>,
}

/// When a fault strikes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Moment {
    /// The request has no effect.
    #[default]
    Before,
    /// The request has its effect; its answer does not arrive as it is.
    After,
}

/// Where the connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Cut {
    /// Before the first byte of the answer.
    Nothing,
    /// In the middle of the body.
    Half,
}

/// An answer that takes the real one's place.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Canned {
    pub(super) status: u16,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: String,
    /// How many times the body is sent in a row.
    pub(super) repeat: usize,
}

impl Fault {
    pub(super) fn matches(&self, method: &str, path: &str) -> bool {
        let of_method = self.method.as_ref().is_none_or(|own| own.eq_ignore_ascii_case(method));
        of_method && self.path.matches(path)
    }
}

/// A path pattern: `*` stands for one segment, `**` for any number of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Glob(pub(super) String);

impl Glob {
    pub(super) fn matches(&self, path: &str) -> bool {
        let pattern: Vec<&str> = self.0.trim_matches('/').split('/').collect();
        let path: Vec<&str> = path.trim_matches('/').split('/').collect();
        matches(&pattern, &path)
    }
}

fn matches(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern, path) {
        ([], []) => true,
        (["**", rest @ ..], _) => (0..=path.len()).any(|from| matches(rest, &path[from..])),
        (["*", rest @ ..], [_, path @ ..]) => matches(rest, path),
        ([segment, rest @ ..], [own, path @ ..]) => segment == own && matches(rest, path),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_by_segment() {
        for (pattern, path, expected) in [
            ("/**", "/api/v2/flows", true),
            ("/api/v2/flows", "/api/v2/flows", true),
            ("/api/v2/flows", "/api/v2/flows/flow-000001", false),
            ("/api/v2/flows/*", "/api/v2/flows/flow-000001", true),
            ("/api/v2/flows/*", "/api/v2/flows/flow-000001/versions", false),
            ("/api/v2/flows/*/versions", "/api/v2/flows/flow-000001/versions", true),
            ("/api/v2/flows/**", "/api/v2/flows/flow-000001/versions", true),
            ("**/versions", "/api/v2/flows/flow-000001/versions", true),
            ("**/publish", "/api/v2/flows/flow-000001/versions", false),
        ] {
            assert_eq!(Glob(pattern.into()).matches(path), expected, "{pattern} {path}");
        }
    }
}
