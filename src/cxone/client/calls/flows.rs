//! Flows, their versions and their deployments.

use std::cmp::Reverse;

use jiff::Timestamp;

use crate::model::{
    DeploymentId, DraftRevision, FlowContent, FlowId, LiveDeployment, LiveVersion, VersionId,
};

use crate::cxone::Client;
use crate::cxone::values::{
    Approval, DeploymentDetail, DeploymentFilter, FlowDetail, FlowListing, NewDeployment,
    NewVersion, Owner, Published, SignedVersion, TestResults, Validation,
};
use crate::cxone::{Error, IdempotencyKey, request, response};

/// Flows and their drafts.
impl Client {
    /// Returns every flow of the tenant, each once.
    ///
    /// # Errors
    ///
    /// `EndpointMissing` where the tenant has no such list; `Unreadable` where the list keeps
    /// moving while it is read, or where its pages never add up to its `totalCount`.
    pub async fn flows(&self) -> Result<Vec<FlowListing>, Error> {
        let id = |flow: &FlowListing| flow.id.as_str().to_owned();
        self.list(request::flows, response::flows, id).await
    }

    /// Returns a flow with its draft; `None` if there is none of that id.
    pub async fn flow(&self, id: &FlowId) -> Result<Option<FlowDetail>, Error> {
        let request = request::flow(id);
        response::flow(&request, &self.ask(&request).await?)
    }

    /// Makes a flow with an empty draft.
    ///
    /// Repeats after a lost answer are safe: the key makes them give the flow first made, and a
    /// tenant that does not know the key refuses a second flow of that name.
    ///
    /// # Errors
    ///
    /// `Conflict` with `NAME_EXISTS` when there is one already, which after a lost answer may be
    /// the one that this call made.
    pub async fn create_flow(
        &self,
        name: &str,
        description: Option<&str>,
        key: &IdempotencyKey,
    ) -> Result<FlowDetail, Error> {
        let request = request::create_flow(name, description, key);
        response::created_flow(&request, &self.ask(&request).await?)
    }

    /// Writes a complete draft over the revision that it was read at, and returns the new revision.
    ///
    /// # Errors
    ///
    /// `Conflict` with `VERSION_CONFLICT` when the revision has moved; after a lost answer that
    /// may be by this very call, so read the flow again and compare before anything else.
    pub async fn put_flow(&self, flow: &FlowDetail) -> Result<DraftRevision, Error> {
        let request = request::put_flow(flow);
        response::put_flow(&request, &self.ask(&request).await?)
    }

    /// Deletes a flow. A repeat after a lost answer that finds nothing has succeeded.
    ///
    /// # Errors
    ///
    /// `NotFound` when it was not there to begin with; `Conflict` with `FLOW_DEPLOYED` while it is
    /// deployed anywhere.
    pub async fn delete_flow(&self, id: &FlowId) -> Result<(), Error> {
        let request = request::delete_flow(id);
        response::deleted(&request, &self.ask(&request).await?)
    }
}

/// Versions, what is known of them, and publishing.
impl Client {
    /// Returns a flow's versions, newest first; none if there is no such flow. Those that `owner`
    /// made are marked as ours.
    pub async fn versions(&self, flow: &FlowId, owner: &Owner) -> Result<Vec<LiveVersion>, Error> {
        let page = |page| request::versions(flow, page);
        let read = |request: &_, answer: &_| response::versions(request, answer, owner);
        let mut dated = self.list(page, read, |dated| dated.version.id.as_str().to_owned()).await?;
        newest_first(&mut dated, |dated| dated.created_at);
        Ok(dated.into_iter().map(|dated| dated.version).collect())
    }

    /// Returns a version's number, as the platform spells it, and its content; `None` if there is
    /// no such version.
    pub async fn version(
        &self,
        flow: &FlowId,
        version: &VersionId,
    ) -> Result<Option<(String, FlowContent)>, Error> {
        let request = request::version(flow, version);
        response::version(&request, &self.ask(&request).await?)
    }

    /// Returns a version's content, and for which resource of which project it was made; `None` if
    /// there is no such version.
    pub async fn signed_version(
        &self,
        flow: &FlowId,
        version: &VersionId,
    ) -> Result<Option<SignedVersion>, Error> {
        let request = request::version(flow, version);
        response::signed_version(&request, &self.ask(&request).await?)
    }

    /// Makes a version and returns its id.
    ///
    /// Repeats of this call after a lost answer are safe: key and body stay the same, and a tenant
    /// that does not know the key refuses a second version of that number. A later call with the
    /// same key sends another time of making and so another body.
    ///
    /// # Errors
    ///
    /// `Invalid` with `SCHEMA_VALIDATION_FAILED` (faults point into the body) or
    /// `VERSION_LIMIT_REACHED`; `Conflict` with `VERSION_EXISTS` or `IDEMPOTENCY_KEY_REUSED` when
    /// the number or the key was used before: look for the content among the versions.
    pub async fn create_version(
        &self,
        flow: &FlowId,
        new: &NewVersion,
        key: &IdempotencyKey,
    ) -> Result<VersionId, Error> {
        let request = request::create_version(flow, new, key);
        response::created_version(&request, &self.ask(&request).await?)
    }

    /// Deletes a version. A repeat after a lost answer that finds nothing has succeeded.
    ///
    /// # Errors
    ///
    /// `NotFound` when it was not there to begin with; `Conflict` with `VERSION_DEPLOYED` while it
    /// is deployed.
    pub async fn delete_version(&self, flow: &FlowId, version: &VersionId) -> Result<(), Error> {
        let request = request::delete_version(flow, version);
        response::deleted(&request, &self.ask(&request).await?)
    }

    /// Publishes a version, with a snapshot and without bypassing validation: the draft takes its
    /// content, and the draft revision grows by one.
    ///
    /// Repeats after a lost answer are safe with the key; a tenant that does not know it publishes
    /// the same content again.
    pub async fn publish(
        &self,
        flow: &FlowId,
        version: &VersionId,
        key: &IdempotencyKey,
    ) -> Result<Published, Error> {
        let request = request::publish(flow, version, key);
        response::published(&request, &self.ask(&request).await?, version)
    }

    /// Returns what the platform's validation says of a version.
    pub async fn validate(&self, version: &VersionId) -> Result<Validation, Error> {
        let request = request::validate(version);
        response::validate(&request, &self.ask(&request).await?)
    }

    /// Returns how the platform's tests of a version went; `None` if there were none yet.
    pub async fn test_results(&self, version: &VersionId) -> Result<Option<TestResults>, Error> {
        let request = request::test_results(version);
        response::test_results(&request, &self.ask(&request).await?)
    }

    /// Returns what was decided about a flow; `None` if nothing was yet. An approval that names
    /// another version approves nothing.
    pub async fn approval(&self, flow: &FlowId) -> Result<Option<Approval>, Error> {
        let request = request::approval(flow);
        response::approval(&request, &self.ask(&request).await?)
    }
}

/// Deployments and rollbacks.
impl Client {
    /// Starts a deployment.
    ///
    /// Repeats after a lost answer are safe: with the key they give the deployment first started,
    /// and a tenant that does not know the key refuses a second one of that version.
    ///
    /// # Errors
    ///
    /// `Conflict` with `DEPLOYMENT_IN_PROGRESS` (look for it and attach to it), with
    /// `ENVIRONMENT_LOCKED`, or with `IDEMPOTENCY_KEY_REUSED` when an earlier call with this key
    /// took effect.
    pub async fn deploy(
        &self,
        new: &NewDeployment,
        key: &IdempotencyKey,
    ) -> Result<LiveDeployment, Error> {
        let request = request::deploy(new, key);
        response::deployed(&request, &self.ask(&request).await?, &new.version)
    }

    /// Returns a deployment as it stands.
    pub async fn deployment(&self, id: &DeploymentId) -> Result<DeploymentDetail, Error> {
        let request = request::deployment(id);
        response::deployment(&request, &self.ask(&request).await?)
    }

    /// Returns the deployments that a filter keeps, each with its flow where the tenant says,
    /// newest first: by when they started where all of them say, else as the tenant gives them.
    ///
    /// # Errors
    ///
    /// `Unreadable` when one names no version, besides those of [`Client::flows`].
    pub async fn deployments(
        &self,
        filter: &DeploymentFilter,
    ) -> Result<Vec<(Option<FlowId>, LiveDeployment)>, Error> {
        let page = |page| request::deployments(filter, page);
        let read = |request: &_, answer: &_| response::deployments(request, answer, filter);
        let mut listed =
            self.list(page, read, |listed| listed.deployment.id.as_str().to_owned()).await?;
        newest_first(&mut listed, |listed| listed.deployment.started_at);
        let wanted = listed.into_iter().filter(|listed| listed.wanted);
        Ok(wanted.map(|listed| (listed.flow, listed.deployment)).collect())
    }

    /// Starts the way back to what ran before a deployment; poll the deployment for its end.
    ///
    /// Repeats after a lost answer are safe with the key; a tenant that does not know it refuses
    /// a second rollback (`Conflict`): look where the deployment stands.
    pub async fn rollback(&self, id: &DeploymentId, key: &IdempotencyKey) -> Result<(), Error> {
        let request = request::rollback(id, key);
        response::done(&request, &self.ask(&request).await?)
    }
}

/// Sorts by time where every item has one, and keeps the given order otherwise.
fn newest_first<T>(items: &mut [T], time: fn(&T) -> Option<Timestamp>) {
    if items.iter().all(|item| time(item).is_some()) {
        items.sort_by_key(|item| Reverse(time(item)));
    }
}
