//! Layer 5: one repository, its objects and flowgate's references in it.
//!
//! Local objects only: nothing here fetches, pushes or runs a program. A [`Repo`] is a set of
//! paths; every operation opens the repository for itself, so a `Repo` can be shared by threads.
//! All functions block.

mod adopted;
mod drift;
mod error;
mod identity;
pub mod lock;
pub mod note;
mod notes;
mod parallel;
mod refs;
mod repo;
mod revision;
mod snapshot;
mod state;
pub mod work_tree;

#[cfg(test)]
mod tests;

pub use adopted::{Branch, adopted_branch};
pub use error::Error;
pub use identity::{Identity, Signature};
pub use lock::{Holder, Lock};
pub use notes::Note;
pub use repo::{Repo, init};
pub use snapshot::{BlobId, Content, Entry, EntryKind, Snapshot};
pub use state::{
    Tip, content, data_action, data_store, recorded, recorded_data_action, recorded_data_store,
    recorded_draft,
};
