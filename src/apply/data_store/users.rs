//! Who uses a data store: the platform does not say.

use futures::{StreamExt, TryStreamExt};

use crate::apply::SIDE_BY_SIDE;
use crate::cxone::{Client, DeploymentFilter, Error};
use crate::model::{DeploymentStatus, FlowId, LiveDeployment, ResourceId};

/// Returns a flow that is deployed anywhere in the tenant, in a version that names the store.
///
/// Sends one list and a request for each version that is deployed.
pub(super) async fn deployed_user(client: &Client, store: &str) -> Result<Option<FlowId>, Error> {
    let wanted = &ResourceId::data_store(store);
    let deployments = client.deployments(&DeploymentFilter::default().current()).await?;
    let running = deployments.into_iter().filter_map(|(flow, deployment)| {
        let runs = deployment.status == DeploymentStatus::Success;
        Some((flow?, deployment)).filter(|_| runs)
    });
    let uses = |(flow, deployment): (FlowId, LiveDeployment)| async move {
        let version = client.version(&flow, &deployment.version_id).await?;
        let names = |id| id == *wanted;
        let names_it = version.is_some_and(|(_, content)| content.uses().any(|(_, id)| names(id)));
        Ok(names_it.then_some(flow))
    };
    let looks = futures::stream::iter(running).map(uses).buffer_unordered(SIDE_BY_SIDE);
    let mut found = looks.try_filter_map(|user| std::future::ready(Ok(user)));
    found.try_next().await
}
