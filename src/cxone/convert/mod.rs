//! Wire types ↔ model.

mod data_actions;
mod data_stores;
mod flows;

pub(super) use data_actions::{data_action_content, data_action_over, new_data_action};
pub(super) use data_stores::{live_item, new_record, record_patch, schema, schema_fields};
pub(super) use flows::{content, live_version, new_version, owner, status_text, time};

/// Returns a text if it says anything.
pub(super) fn said<T: AsRef<str>>(text: Option<T>) -> Option<T> {
    text.filter(|text| !text.as_ref().is_empty())
}
