//! What goes into the client and comes out of it, where the model has no word for it.

mod data_actions;
mod data_stores;
mod flows;

pub use data_actions::{DataActionListing, ScriptFailure, ScriptRun, Verdict};
pub use data_stores::{DataStoreDetail, DataStoreListing, Force};
pub use flows::{
    Approval, ApprovalStatus, DeploymentDetail, DeploymentFilter, FlowDetail, FlowListing,
    NewDeployment, NewVersion, Owner, Published, SignedVersion, TestResults, Validation,
    VersionOrigin,
};
