//! What a token may do.

/// A permission, by all the names that mean it; the first is how the emulator spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scope(&'static [&'static str]);

pub(super) const FLOWS_READ: Scope = Scope(&["flows:read", "flow:read", "flow:flows:read"]);
pub(super) const FLOWS_WRITE: Scope = Scope(&["flows:write", "flow:write", "flow:flows:write"]);
pub(super) const FLOWS_PUBLISH: Scope = Scope(&["flows:publish"]);
pub(super) const DEPLOYMENT_READ: Scope = Scope(&["deployment:read"]);
pub(super) const DEPLOYMENT_WRITE: Scope = Scope(&["deployment:write"]);
pub(super) const DATA_ACTIONS: Scope = Scope(&["DataActions.ReadWrite"]);
pub(super) const DATASTORE_READ: Scope = Scope(&["datastore:read"]);
pub(super) const DATASTORE_WRITE: Scope = Scope(&["datastore:write"]);

const ALL: [Scope; 8] = [
    FLOWS_READ,
    FLOWS_WRITE,
    FLOWS_PUBLISH,
    DEPLOYMENT_READ,
    DEPLOYMENT_WRITE,
    DATA_ACTIONS,
    DATASTORE_READ,
    DATASTORE_WRITE,
];

impl Scope {
    /// Whether one of `granted` means this permission.
    pub(super) fn is_among(self, granted: &[String]) -> bool {
        granted.iter().any(|name| self.0.contains(&name.as_str()))
    }

    /// All names, for a person: `flows:read (or flow:read, …)`.
    pub(super) fn names(self) -> String {
        match self.0 {
            [one] => (*one).to_owned(),
            [first, others @ ..] => format!("{first} (or {})", others.join(", ")),
            [] => String::new(),
        }
    }
}

/// Every scope there is, each by one name.
pub(super) fn all() -> Vec<String> {
    ALL.iter().filter_map(|scope| scope.0.first()).map(|&name| name.to_owned()).collect()
}

/// The names of `asked` that `allowed` covers, in whatever spelling; all of `allowed` when nothing is asked.
pub(super) fn grant(allowed: &[String], asked: &str) -> Vec<String> {
    if asked.trim().is_empty() {
        return allowed.to_vec();
    }
    let covered = |name: &&str| {
        scope_named(name).map_or(allowed.iter().any(|a| a == name), |s| s.is_among(allowed))
    };
    asked.split_whitespace().filter(covered).map(str::to_owned).collect()
}

fn scope_named(name: &str) -> Option<Scope> {
    ALL.into_iter().find(|scope| scope.0.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn spellings_of_one_scope_are_the_same_scope() {
        for name in ["flow:read", "flows:read", "flow:flows:read"] {
            assert!(FLOWS_READ.is_among(&names(&[name])), "{name}");
            assert!(!FLOWS_WRITE.is_among(&names(&[name])), "{name}");
        }
    }

    #[test]
    fn a_grant_is_what_was_asked_for_and_is_allowed() {
        let allowed = names(&["flows:read", "deployment:read"]);
        for (asked, granted) in [
            ("", names(&["flows:read", "deployment:read"])),
            ("flow:flows:read", names(&["flow:flows:read"])),
            ("flows:read flows:write", names(&["flows:read"])),
            ("nonsense", names(&[])),
        ] {
            assert_eq!(grant(&allowed, asked), granted, "{asked}");
        }
    }
}
