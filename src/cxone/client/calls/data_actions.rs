//! Data actions.

use jiff::Timestamp;
use serde_json::Value;

use crate::cxone::client::told_apart;
use crate::cxone::values::{DataActionListing, ScriptRun};
use crate::cxone::{Client, Error, IdempotencyKey, request, response};
use crate::model::{DataActionContent, DataActionId, LiveDataAction, ModifiedTimestamp};

/// Data actions.
impl Client {
    /// Returns every data action of the tenant, each once.
    ///
    /// # Errors
    ///
    /// Those of [`Client::flows`].
    pub async fn data_actions(&self) -> Result<Vec<DataActionListing>, Error> {
        let id = |action: &DataActionListing| action.id.as_str().to_owned();
        self.list(request::data_actions, response::data_actions, id).await
    }

    /// Returns a data action with its script; `None` if there is none of that id.
    ///
    /// # Errors
    ///
    /// `Unreadable` when it comes without the script's text.
    pub async fn data_action(&self, id: &DataActionId) -> Result<Option<LiveDataAction>, Error> {
        let request = request::data_action(id);
        response::data_action(&request, &self.ask(&request).await?)
    }

    /// Makes a data action and returns it as the tenant has it; its script is as it was sent where
    /// the answer leaves it out. `content.extra` is not sent.
    ///
    /// Repeats after a lost answer are safe: the key makes them give the data action first made,
    /// which may have been changed since, and a tenant that does not know the key refuses a second
    /// one of that name.
    ///
    /// # Errors
    ///
    /// `Invalid`, with `SCRIPT_SYNTAX_ERROR` when the script does not compile (faults have line and
    /// column); `Conflict` with `NAME_EXISTS`, which after a lost answer may be about the one that
    /// this call made, or with `IDEMPOTENCY_KEY_REUSED`.
    pub async fn create_data_action(
        &self,
        name: &str,
        content: &DataActionContent,
        key: &IdempotencyKey,
    ) -> Result<LiveDataAction, Error> {
        let request = request::create_data_action(name, content, key);
        response::written_data_action(&request, &self.ask(&request).await?, content)
    }

    /// Writes a whole data action over what it was at `modified`, and returns it as the tenant has
    /// it; its script is as it was sent where the answer leaves it out. `content.extra` is to be what
    /// was read.
    ///
    /// The key must name `modified` too: a tenant that remembers answers would otherwise not write
    /// the same content a second time after another one.
    ///
    /// # Errors
    ///
    /// `Conflict` with `VERSION_CONFLICT` when it moved; after a lost answer that may be by this very
    /// call, so read it again and compare before anything else. Otherwise those of
    /// [`Client::create_data_action`]. `NotFound` when there is none, `EndpointMissing` when there is
    /// one.
    pub async fn put_data_action(
        &self,
        id: &DataActionId,
        name: &str,
        content: &DataActionContent,
        modified: ModifiedTimestamp,
        key: &IdempotencyKey,
    ) -> Result<LiveDataAction, Error> {
        let request = request::put_data_action(id, name, content, modified, key);
        let answer = self.ask(&request).await?;
        let written = response::written_data_action(&request, &answer, content);
        told_apart(written, self.data_action(id)).await
    }

    /// Deletes a data action. A repeat after a lost answer that finds nothing has succeeded.
    ///
    /// # Errors
    ///
    /// `Conflict` with `ACTION_IN_USE` while a deployed flow or another data action names it;
    /// `NotFound` when it was not there to begin with, `EndpointMissing` when it is still there.
    pub async fn delete_data_action(&self, id: &DataActionId) -> Result<(), Error> {
        let request = request::delete_data_action(id);
        let deleted = response::deleted(&request, &self.ask(&request).await?);
        told_apart(deleted, self.data_action(id)).await
    }

    /// Runs a data action in the tenant's sandbox with `input`. A script that fails is a run that
    /// failed, not an error. Changes nothing in the tenant; is repeated after a lost answer.
    pub async fn test_data_action(
        &self,
        id: &DataActionId,
        input: &Value,
    ) -> Result<ScriptRun, Error> {
        let request = request::test_data_action(id, input, Timestamp::now());
        response::script_run(&request, &self.ask(&request).await?)
    }
}
