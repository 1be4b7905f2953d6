//! Layer 5: the CXone API, behind one seam.
//!
//! [`Client`] has one method a call and speaks [`crate::model`]; wire types stay in here, apart
//! from the emulator, which shares them. A call is built by a pure function (`request`), sent by
//! `sender` (rate limit, retries, token), and read by a pure function (`response`).
//!
//! What flowgate expects of a tenant is written down in `docs/reference/tenant.md`.

pub mod exchange;
pub mod wire;

mod auth;
mod client;
mod convert;
mod error;
mod http;
mod key;
mod limiter;
mod page;
mod request;
mod response;
mod retry;
mod sender;
mod settings;
mod text;
mod values;

pub use client::Client;
pub use error::{Error, ErrorKind, Fault, Handling};
pub use http::{Network, PlainHttp};
pub use key::IdempotencyKey;
pub use retry::Policy;
pub use sender::RequestCounts;
pub use settings::Settings;
pub use values::{
    Approval, ApprovalStatus, DataActionListing, DataStoreDetail, DataStoreListing,
    DeploymentDetail, DeploymentFilter, FlowDetail, FlowListing, Force, NewDeployment, NewVersion,
    Owner, Published, ScriptFailure, ScriptRun, SignedVersion, TestResults, Validation, Verdict,
    VersionOrigin,
};
