//! Where each resource stands.

use jiff::Timestamp;
use semver::Version;
use serde::Serialize;
use serde_json::Value;

use super::age;
use crate::model::{DeploymentId, Drift, Hold, ResourceId, ResourceOutcome};
use crate::render::document::{self, API_VERSION, DriftDocument};
use crate::render::table::{self, Cell};
use crate::render::{Style, escape, paint};

/// One resource in `flowgate status`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRow {
    /// Which.
    pub id: ResourceId,
    /// What became of it in the pass that touched it last.
    pub outcome: ResourceOutcome,
    /// The version number that git's content has.
    pub version: Option<Version>,
    /// What runs in the target environment.
    pub deployment: Option<DeploymentId>,
    /// When its outcome became what it is.
    pub since: Option<Timestamp>,
    /// What somebody changed live that git did not have in the last pass.
    pub drift: Option<Drift>,
}

/// Returns a table with a line a resource, in the order given; ages are relative to `now`. Below it, a
/// line for each thing that somebody changed live.
pub fn table(rows: &[TableRow], now: Timestamp, style: Style) -> String {
    let row = |row: &TableRow| {
        [
            Cell::new(&row.id),
            Cell::painted(&row.outcome, paint::resource_outcome(row.outcome)),
            Cell::optional(row.version.as_ref()),
            Cell::optional(row.deployment.as_ref()),
            Cell::optional(row.since.map(|since| age(now, since))),
        ]
    };
    let cells: Vec<_> = rows.iter().map(row).collect();
    let table =
        table::table(["RESOURCE", "OUTCOME", "VERSION", "DEPLOYMENT", "AGE"], &cells, style);
    let drifted = rows.iter().filter_map(|row| Some((&row.id, row.drift.as_ref()?)));
    let moves = drifted.flat_map(|(id, drift)| drift.moves.iter().map(move |one| (id, one)));
    let lines = moves.map(|(id, one)| escape::plain(&format!("{id}: {}", one.how)) + "\n");
    let lines: String = lines.collect();
    if lines.is_empty() { table } else { format!("{table}\n{lines}") }
}

/// Returns a line for everything that somebody said to leave as it is.
pub fn holds(holds: &[Hold], style: Style) -> String {
    let line = |hold: &Hold| {
        let line = escape::plain(&hold.sentence());
        format!("{}\n", style.paint(paint::CARE, &line))
    };
    holds.iter().map(line).collect()
}

/// Returns the table as JSON, of kind `StatusTable`: `resources` of `kind`, `name`, `outcome` and,
/// where known, `version`, `deploymentId`, `since` (RFC 3339) and `drift`, and `holds` as a plan has them.
pub fn table_json(rows: &[TableRow], holds: &[Hold]) -> Value {
    let resources = rows.iter().map(Resource::from).collect();
    let holds = holds.iter().map(document::Hold::from).collect();
    document::value(&Document { api_version: API_VERSION, kind: "StatusTable", holds, resources })
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    api_version: &'static str,
    kind: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    holds: Vec<document::Hold<'a>>,
    resources: Vec<Resource<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Resource<'a> {
    kind: &'static str,
    name: &'a str,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deployment_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    drift: Option<DriftDocument<'a>>,
}

impl<'a> From<&'a TableRow> for Resource<'a> {
    fn from(row: &'a TableRow) -> Self {
        Self {
            kind: row.id.kind.as_str(),
            name: &row.id.name,
            outcome: row.outcome.as_str(),
            version: row.version.as_ref().map(ToString::to_string),
            deployment_id: row.deployment.as_ref().map(DeploymentId::as_str),
            since: row.since.map(|since| since.to_string()),
            drift: row.drift.as_ref().map(DriftDocument::from),
        }
    }
}
