//! Drift in the JSON document of a note.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::document::word;
use crate::model::{self, LivePart, Part, Side};

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Document {
    side: String,
    #[serde(default)]
    moves: Vec<Move>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    conflicts: Vec<Conflict>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Move {
    part: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<Timestamp>,
    how: String,
}

#[derive(Clone, Serialize, Deserialize)]
struct Conflict {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    part: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    pointer: String,
    // A side that is `null` holds null; an absent one has nothing there.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    base: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    live: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    git: Option<Value>,
}

fn present<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(value).map(Some)
}

impl Document {
    pub(super) fn of(drift: &model::Drift) -> Self {
        Self {
            side: drift.side.as_str().to_owned(),
            moves: drift.moves.iter().map(Move::of).collect(),
            conflicts: drift.conflicts.iter().map(Conflict::of).collect(),
        }
    }

    pub(super) fn into_model(self) -> Result<model::Drift, String> {
        Ok(model::Drift {
            side: word(Side::ALL, Side::as_str, &self.side)?,
            moves: self.moves.into_iter().map(Move::into_model).collect::<Result<_, _>>()?,
            conflicts: self
                .conflicts
                .into_iter()
                .map(Conflict::into_model)
                .collect::<Result<_, _>>()?,
        })
    }
}

impl Move {
    fn of(moved: &model::Move) -> Self {
        let model::Move { part, by, at, how } = moved.clone();
        Self { part: part.as_str().to_owned(), by, at, how }
    }

    fn into_model(self) -> Result<model::Move, String> {
        let Self { part, by, at, how } = self;
        Ok(model::Move { part: word(LivePart::ALL, LivePart::as_str, &part)?, by, at, how })
    }
}

impl Conflict {
    fn of(conflict: &model::Conflict) -> Self {
        let model::Conflict { part, pointer, base, live, git } = conflict.clone();
        let (part, id) = part.map(|(part, id)| (part.as_str().to_owned(), id)).unzip();
        Self { part, id, pointer, base, live, git }
    }

    fn into_model(self) -> Result<model::Conflict, String> {
        let Self { part, id, pointer, base, live, git } = self;
        let part = part.map(|part| word(Part::ALL, Part::as_str, &part)).transpose()?;
        Ok(model::Conflict { part: part.zip(id), pointer, base, live, git })
    }
}
