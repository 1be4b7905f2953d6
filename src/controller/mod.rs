//! Layer 7: a pass, from a commit to its record.
//!
//! A pass is the list of stages in [`pass()`], with one exit. What it needs from outside (the
//! repository, the tenant's client, the time) comes in as arguments.

mod adopt;
mod beside;
mod compare;
mod error;
mod export;
mod fetch;
mod holds;
mod ledger;
mod load;
mod overview;
mod parallel;
mod pass;
mod record;
mod request;
mod reviewed;
mod rollback;
mod scripts;
mod sources;
pub mod trials;

pub use adopt::{Adopted, Offer};
pub use compare::{Compared, compare};
pub use error::Error;
pub use export::{ExportRequest, Place, Which, export};
pub use holds::Desk;
pub use load::{Cache, Files, Loaded, Manifests, load_environment, read};
pub use overview::overview;
pub use pass::pass;
pub use request::{Approved, Course, Mode, Outside, Report, Request, Reviewed, Target};
