//! `environments` of a project.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::model::{
    Code, DriftPolicy, Environment, Gate, Kind, Limit, Limits, Prune, ResourceId, Span, Strategy,
};

use super::super::decode::Fields;
use super::super::json::{self, References};
use super::super::name;
use super::super::report::{Report, quote};
use super::super::scalar::Meaning;
use super::super::tree::{self, Node};
use super::{resource, retention, source, unique, window};

const KEYS: &[&str] = &[
    "name",
    "tenant",
    "targetEnvironment",
    "branch",
    "strategy",
    "values",
    "manages",
    "promotesFrom",
    "gates",
    "rollbackOnFailure",
    "drift",
    "prune",
    "limits",
    "protect",
    "windows",
    "versions",
    "sources",
];

const LIMIT_KEYS: &[&str] = &["updates", "deletes", "from"];

/// From how many resources on limits by percent count.
const DEFAULT_LIMIT_FROM: u32 = 10;

/// An environment and where its parts stand.
pub(super) struct Declared {
    pub(super) environment: Environment,
    pub(super) value_places: BTreeMap<String, Span>,
    pub(super) source_places: BTreeMap<String, Span>,
    places: Places,
}

/// Where an environment names itself and others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places {
    pub(super) name: Span,
    pub(super) tenant: Span,
    pub(super) promotes_from: Span,
    /// None where the environment does not say what it manages.
    pub(super) manages: Option<Span>,
    /// None where the environment does not say how many versions are kept.
    pub(super) versions: Option<Span>,
    /// Where the strategy stands, or the environment begins.
    pub(super) strategy: Span,
}

impl Declared {
    pub(super) fn places(&self) -> Places {
        self.places
    }
}

/// Returns the environments as far as they have a name; what is missing has been reported.
pub(super) fn read_all(report: &mut Report, key: &str, node: &Node<'_>) -> Option<Vec<Declared>> {
    if report.list(key, node)?.is_empty() {
        report.add(Code::BadValue, node.span, "a project needs an environment");
    }
    let declared = report.each(key, node, |report, _, node| environment(report, node))?;
    let name = |declared: &Declared| declared.places.name;
    Some(unique(report, "environment", declared, |d| (&d.environment.name, name(d))))
}

fn environment(report: &mut Report, node: &Node<'_>) -> Option<Declared> {
    let fields = report.fields("an environment", node, KEYS)?;
    let name = report.required(&fields, "name", environment_name);
    let tenant = report.required(&fields, "tenant", owned_text);
    let target_environment = report.required(&fields, "targetEnvironment", owned_text);
    let branch = report.optional(&fields, "branch", branch);
    let strategy = report.optional(&fields, "strategy", |report, key, node| {
        report.choice(key, node, Strategy::WORDS)
    });
    let drift = report.optional(&fields, "drift", |report, key, node| {
        report.choice(key, node, DriftPolicy::WORDS)
    });
    let promotes_from = report.optional(&fields, "promotesFrom", owned_text);
    let gates = report.optional(&fields, "gates", gates).unwrap_or_default();
    let rollback_on_failure = report.optional(&fields, "rollbackOnFailure", Report::flag);
    let prune = report.optional(&fields, "prune", Report::flag).unwrap_or(false);
    let limits = report.optional(&fields, "limits", limits);
    let manages = report.optional(&fields, "manages", manages).unwrap_or_default();
    let protect = report.optional(&fields, "protect", protect).unwrap_or_default();
    let windows = report.optional(&fields, "windows", window::read_all).unwrap_or_default();
    let keep_versions = report.optional(&fields, "versions", retention::read);
    let values = report.optional(&fields, "values", values).unwrap_or_default();
    let sources = report.optional(&fields, "sources", source::read_all).unwrap_or_default();
    let environment = Environment {
        name: name?,
        tenant: tenant.unwrap_or_default(),
        target_environment: target_environment.unwrap_or_default(),
        branch,
        strategy: strategy.unwrap_or(Strategy::Deploy),
        promotes_from,
        gates,
        rollback_on_failure: rollback_on_failure.unwrap_or(true),
        drift: drift.unwrap_or(DriftPolicy::Alert),
        prune: if prune { Prune::Owned } else { Prune::Never },
        limits: limits.unwrap_or(NO_LIMITS),
        manages,
        protect,
        windows,
        keep_versions,
        values: values.iter().map(|(name, (value, _))| (name.clone(), value.clone())).collect(),
        sources: sources.iter().map(|(name, (source, _))| (name.clone(), source.clone())).collect(),
    };
    let value_places = values.into_iter().map(|(name, (_, place))| (name, place)).collect();
    let source_places = sources.into_iter().map(|(name, (_, place))| (name, place)).collect();
    Some(Declared { environment, value_places, source_places, places: places(&fields) })
}

fn places(fields: &Fields<'_, '_>) -> Places {
    let place = |key| fields.get(key).map_or(fields.whole(), |node| node.span);
    Places {
        name: place("name"),
        tenant: place("tenant"),
        promotes_from: place("promotesFrom"),
        manages: fields.get("manages").map(|node| node.span),
        versions: fields.entry("versions").map(|entry| entry.key_span),
        strategy: place("strategy"),
    }
}

fn owned_text(report: &mut Report, key: &str, node: &Node<'_>) -> Option<String> {
    report.filled(key, node).map(str::to_owned)
}

fn environment_name(report: &mut Report, key: &str, node: &Node<'_>) -> Option<String> {
    let text = report.text(key, node)?;
    if !name::is_environment(text) {
        let message = format!("{} cannot be the name of an environment", quote(text));
        report.add_hinted(Code::BadName, node.span, message, name::ENVIRONMENT_RULE);
        return None;
    }
    Some(text.to_owned())
}

fn branch(report: &mut Report, key: &str, node: &Node<'_>) -> Option<String> {
    let text = report.filled(key, node)?;
    if !name::is_branch(text) {
        let message = format!("{} cannot be the name of a branch", quote(text));
        report.add(Code::BadValue, node.span, message);
        return None;
    }
    Some(text.to_owned())
}

fn gates(report: &mut Report, key: &str, node: &Node<'_>) -> Option<Vec<Gate>> {
    let mut gates: Vec<Gate> = Vec::new();
    report.each(key, node, |report, _, node| {
        let choices = [Gate::Tests, Gate::Approval].map(|gate| (gate.as_str(), gate));
        let gate = report.choice("gate", node, &choices)?;
        if gates.contains(&gate) {
            let message = format!("the gate `{}` stands here twice", gate.as_str());
            report.add(Code::BadValue, node.span, message);
        } else {
            gates.push(gate);
        }
        Some(())
    })?;
    Some(gates)
}

const NO_LIMITS: Limits = Limits { updates: None, deletes: None, from: DEFAULT_LIMIT_FROM };

fn limits(report: &mut Report, _: &str, node: &Node<'_>) -> Option<Limits> {
    let fields = report.fields("limits", node, LIMIT_KEYS)?;
    let from = report.optional(&fields, "from", |report, key, node| {
        report.whole_number(key, node, 0..=u32::MAX)
    });
    Some(Limits {
        updates: report.optional(&fields, "updates", limit),
        deletes: report.optional(&fields, "deletes", limit),
        from: from.unwrap_or(DEFAULT_LIMIT_FROM),
    })
}

fn limit(report: &mut Report, key: &str, node: &Node<'_>) -> Option<Limit> {
    let tree::Value::Scalar(scalar) = &node.value else {
        return report.wrong_type(key, "a share such as 30% or a count such as 5", node);
    };
    if scalar.meaning != Meaning::Text {
        return report.whole_number(key, node, 0..=u32::MAX).map(Limit::Count);
    }
    let percent = percent(&scalar.text);
    if percent.is_none() {
        let message = format!("{} is no limit", quote(&scalar.text));
        let hint = "write a share from 0% to 100%, or a count such as 5";
        report.add_hinted(Code::BadValue, node.span, message, hint);
    }
    percent.map(Limit::Percent)
}

fn percent(text: &str) -> Option<u32> {
    let digits = text.strip_suffix('%')?;
    let whole = digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|percent| whole && *percent <= 100)
}

fn protect(report: &mut Report, key: &str, node: &Node<'_>) -> Option<BTreeSet<ResourceId>> {
    let read = |report: &mut Report, _: &str, node: &Node<'_>| {
        resource(report, node, "Flow/customer-routing")
    };
    report.each(key, node, read).map(|resources| resources.into_iter().collect())
}

fn manages(report: &mut Report, key: &str, node: &Node<'_>) -> Option<BTreeSet<Kind>> {
    if report.list(key, node)?.is_empty() {
        report.add(Code::BadValue, node.span, "`manages` is empty");
    }
    let kinds = [Kind::Flow, Kind::DataAction, Kind::DataStore].map(|kind| (kind.plural(), kind));
    let kinds = report.each(key, node, |report, key, node| report.choice(key, node, &kinds))?;
    Some(kinds.into_iter().collect())
}

fn values(
    report: &mut Report,
    key: &str,
    node: &Node<'_>,
) -> Option<BTreeMap<String, (Value, Span)>> {
    let mut values = BTreeMap::new();
    for entry in report.mapping(key, node)? {
        if report.is_merge(entry) {
            continue;
        }
        if !name::is_value(&entry.key) {
            let message = format!("{} cannot be the name of a value", quote(&entry.key));
            let hint = "use a-z, A-Z, 0-9, `_`, `.` and `-`";
            report.add_hinted(Code::BadName, entry.key_span, message, hint);
            continue;
        }
        let value = json::read(report, &entry.value, References::Literal).value;
        values.insert(entry.key.to_string(), (value, entry.key_span));
    }
    Some(values)
}
