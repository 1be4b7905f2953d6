//! What somebody said to leave as it is.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{API_VERSION, Stored};
use crate::model::{Hold, HoldReason, ParseIdError};

/// The holds of an environment, which share a file.
pub(in crate::git) struct Holds(pub(in crate::git) Vec<Hold>);

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::git) struct HoldsFile {
    api_version: String,
    kind: String,
    holds: Vec<HoldFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct HoldFile {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resource: Option<String>,
    by: String,
    since: Timestamp,
    reason: Reason,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
enum Reason {
    #[serde(rename_all = "camelCase")]
    Paused {
        reason: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    #[serde(rename_all = "camelCase")]
    RolledBack { from: String, to: String },
}

impl Stored for Holds {
    const KIND: &'static str = "Holds";
    type File = HoldsFile;

    fn header(file: &HoldsFile) -> (&str, &str) {
        (&file.api_version, &file.kind)
    }

    fn to_file(&self) -> HoldsFile {
        HoldsFile {
            api_version: API_VERSION.to_owned(),
            kind: Self::KIND.to_owned(),
            holds: self.0.iter().map(HoldFile::of).collect(),
        }
    }

    fn from_file(file: HoldsFile) -> Result<Self, ParseIdError> {
        file.holds.into_iter().map(HoldFile::into_model).collect::<Result<_, _>>().map(Self)
    }
}

impl HoldFile {
    fn of(hold: &Hold) -> Self {
        let reason = match hold.reason.clone() {
            HoldReason::Paused { reason, until } => Reason::Paused { reason, until },
            HoldReason::RolledBack { from, to } => {
                Reason::RolledBack { from: from.to_string(), to }
            }
        };
        let resource = hold.resource.as_ref().map(ToString::to_string);
        Self { resource, by: hold.by.clone(), since: hold.since, reason }
    }

    fn into_model(self) -> Result<Hold, ParseIdError> {
        let reason = match self.reason {
            Reason::Paused { reason, until } => HoldReason::Paused { reason, until },
            Reason::RolledBack { from, to } => HoldReason::RolledBack { from: from.parse()?, to },
        };
        let resource = self.resource.map(|id| id.parse()).transpose()?;
        Ok(Hold { resource, by: self.by, since: self.since, reason })
    }
}
