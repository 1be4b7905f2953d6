//! Data stores.

use crate::model::DataStoreId;

/// A data store in the tenant's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataStoreListing {
    /// Its id.
    pub id: DataStoreId,
    /// Its name.
    pub name: String,
    /// The platform's mark of the last change of schema or items, where it gives one; only good to
    /// be compared with another.
    pub updated_at: Option<String>,
}

/// A data store without its schema and its items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataStoreDetail {
    /// Its id.
    pub id: DataStoreId,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// As in the list.
    pub updated_at: Option<String>,
}

/// Whether a data store that still holds items is deleted with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Force {
    /// It is kept.
    Never,
    /// It is deleted, and all that it holds.
    Always,
}
