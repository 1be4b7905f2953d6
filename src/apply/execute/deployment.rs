//! Deployments: starting, finding, polling, rolling back, and reading back what runs.

use super::{Executor, Halt, may_have_taken_effect};
use crate::apply::execute::Traces;
use crate::apply::polling::Looks;
use crate::cxone::{DeploymentFilter, Error, ErrorKind, FlowDetail, NewDeployment};
use crate::delta::{Watch, hash};
use crate::model::{
    Deployed, DeploymentId, DeploymentStatus, FlowId, LiveDeployment, Step, Strategy, VersionId,
};
use crate::rollout::Event;

impl Executor<'_> {
    pub(super) async fn deploy(
        &mut self,
        flow: &FlowId,
        version: &VersionId,
    ) -> Result<Event, Halt> {
        self.check_undeployed(flow).await?;
        let environment = self.context.environment;
        let after = self.work.basis.newest_deployment.as_ref();
        let after = after.map_or("none", DeploymentId::as_str);
        let target = &environment.target_environment;
        let key = self.key(&["deploy", target, flow.as_str(), version.as_str(), after]);
        let deployment = NewDeployment {
            flow: flow.clone(),
            version: version.clone(),
            target_environment: target.clone(),
            rollback_on_failure: environment.rollback_on_failure,
            triggered_by: self.context.operator.to_owned(),
            at: self.context.started_at,
        };
        match self.context.client.deploy(&deployment, &key).await {
            Ok(started) => Ok(Event::Deploying(started.id)),
            Err(error) if error.conflict_code() == Some("ENVIRONMENT_LOCKED") => {
                Ok(Event::EnvironmentLocked(locked(target, &error)))
            }
            Err(error) if may_have_taken_effect(&error) => {
                match self.find_deployment(flow, version).await? {
                    Some(ours) => Ok(Event::Deploying(ours.id)),
                    // The platform deploys a version to one environment at a time.
                    None if error.conflict_code() == Some("DEPLOYMENT_IN_PROGRESS") => {
                        let elsewhere = "the version is being deployed to another environment";
                        Ok(Event::EnvironmentLocked(elsewhere.to_owned()))
                    }
                    None => Err(error.into()),
                }
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Makes sure that nobody deployed anything of the flow since the plan was made. The call to deploy takes no mark of
    /// what it replaces.
    async fn check_undeployed(&self, flow: &FlowId) -> Result<(), Halt> {
        let target = &self.context.environment.target_environment;
        let filter = DeploymentFilter::default().flow(flow).target_environment(target);
        let deployments = self.context.client.deployments(&filter).await?;
        let newest = deployments.into_iter().map(|(_, deployment)| deployment).next();
        match newest {
            Some(newest) if self.work.basis.newest_deployment.as_ref() != Some(&newest.id) => {
                let who = newest.triggered_by.as_deref().unwrap_or("someone");
                Err(Halt::Moved(format!(
                    "{who} deployed version {} meanwhile (deployment {}); nothing is deployed over it",
                    newest.version_id, newest.id
                )))
            }
            _ => Ok(()),
        }
    }

    /// Looks for a deployment of the version that came after the plan was made.
    async fn find_deployment(
        &self,
        flow: &FlowId,
        version: &VersionId,
    ) -> Result<Option<LiveDeployment>, Halt> {
        let target = &self.context.environment.target_environment;
        let filter = DeploymentFilter::default().flow(flow).target_environment(target);
        let known = self.work.basis.newest_deployment.as_ref();
        let deployments = self.context.client.deployments(&filter).await?;
        let mut newer = deployments
            .into_iter()
            .map(|(_, deployment)| deployment)
            .take_while(|deployment| Some(&deployment.id) != known);
        Ok(newer.find(|deployment| deployment.version_id == *version))
    }

    pub(super) async fn poll(&mut self, deployment: &DeploymentId) -> Result<Event, Halt> {
        let polling = self.context.polling;
        if !self.looks.get_or_insert_with(|| Looks::new(polling)).wait().await {
            return Ok(Event::PollingTimedOut);
        }
        let seen = self.context.client.deployment(deployment).await?;
        if seen.status == DeploymentStatus::Success {
            self.traces.deployed = self.running(deployment);
        }
        Ok(Event::Seen(seen.status, seen.error))
    }

    fn running(&self, deployment: &DeploymentId) -> Option<Deployed> {
        let number = self.work.version.as_ref().map(|version| version.to.clone());
        Some(Deployed { deployment: deployment.clone(), version: self.version.clone()?, number })
    }

    pub(super) async fn roll_back(&mut self, deployment: &DeploymentId) -> Result<Event, Halt> {
        // The rollback is polled anew, with all the time that polling takes.
        self.looks = None;
        let key = self.key(&["rollback", deployment.as_str()]);
        let Err(error) = self.context.client.rollback(deployment, &key).await else {
            return Ok(Event::RollbackAccepted);
        };
        let under_way = self.context.client.deployment(deployment).await.is_ok_and(|seen| {
            matches!(
                seen.status,
                DeploymentStatus::RollbackInProgress | DeploymentStatus::RolledBack
            )
        });
        if under_way { Ok(Event::RollbackAccepted) } else { Err(error.into()) }
    }

    /// Reads back the draft, where the environment answers for it, and what runs, where it deploys.
    pub(super) async fn verify(&mut self, id: &FlowId) -> Result<Event, Halt> {
        let (flow, running) = futures::try_join!(self.detail(id), self.runs(id))?;
        let Some(flow) = flow else {
            return Ok(Event::Moved(format!("flow {id} was deleted meanwhile")));
        };
        if self.context.watch == Watch::Draft
            && let Some(event) = self.differs(&flow)
        {
            return Ok(event);
        }
        let deployed = match (self.deploys(), running) {
            (false, _) => self.traces.deployed.clone(),
            (true, Some(running)) => self.running(&running.id),
            (true, None) => {
                let target = &self.context.environment.target_environment;
                return Ok(Event::Differs(format!("read back, {target} does not run the version")));
            }
        };
        self.traces = Traces {
            draft: Some(flow.draft.revision),
            // A platform that does not say what is published keeps what was published last.
            published: flow.published.or_else(|| self.traces.published.clone()),
            name: Some(flow.name),
            description: flow.description,
            deployed,
            ..std::mem::take(&mut self.traces)
        };
        Ok(Event::Verified)
    }

    fn deploys(&self) -> bool {
        self.context.environment.strategy == Strategy::Deploy
    }

    async fn detail(&self, id: &FlowId) -> Result<Option<FlowDetail>, Error> {
        self.context.client.flow(id).await
    }

    /// Returns what runs, when it is the version; nothing is asked where none is deployed.
    async fn runs(&self, id: &FlowId) -> Result<Option<LiveDeployment>, Error> {
        if !self.deploys() {
            return Ok(None);
        }
        let target = &self.context.environment.target_environment;
        let filter = DeploymentFilter::default().flow(id).target_environment(target).current();
        let deployments = self.context.client.deployments(&filter).await?;
        let running = deployments
            .into_iter()
            .map(|(_, deployment)| deployment)
            .find(|deployment| deployment.status == DeploymentStatus::Success)
            .filter(|running| Some(&running.version_id) == self.version.as_ref());
        Ok(running)
    }

    /// Says what is not as it was written: by someone, when the draft revision went on.
    fn differs(&self, flow: &FlowDetail) -> Option<Event> {
        let target = self.target.as_ref()?;
        let described = target.description.is_none() || target.description == flow.description;
        let same = hash(&flow.draft.content) == hash(&target.content)
            && flow.name == target.name
            && described;
        if same {
            return self.not_published(flow).or_else(|| self.saved_over(flow));
        }
        if self.traces.draft.is_some_and(|written| flow.draft.revision > written) {
            let who = flow.draft.updated_by.as_deref().unwrap_or("someone");
            return Some(Event::Moved(format!("{who} edited the draft while it was rolled out")));
        }
        Some(Event::Differs("read back, the draft is not what git wants".to_owned()))
    }
}

impl Executor<'_> {
    /// Says that somebody saved the draft around the moment in which it was published. Publishing takes no
    /// draft revision, so that what they saved right before it is gone.
    fn saved_over(&self, flow: &FlowDetail) -> Option<Event> {
        let published = self.work.steps.contains(&Step::Publish);
        let written = self.traces.draft.filter(|_| published)?;
        (flow.draft.revision > written).then(|| {
            let who = flow.draft.updated_by.as_deref().unwrap_or("someone");
            Event::Moved(format!(
                "the draft was saved while it was published (draft revision {} instead of {written}; last by \
                 {who}): whoever edited it then should look whether their edit is still there",
                flow.draft.revision
            ))
        })
    }

    /// Says that another version is published than was, where the platform says so.
    fn not_published(&self, flow: &FlowDetail) -> Option<Event> {
        let version = self.version.as_ref()?;
        let other = flow.published.as_ref().filter(|published| *published != version)?;
        Some(Event::Moved(format!("version {other} was published meanwhile")))
    }
}

fn locked(target: &str, error: &Error) -> String {
    match error.kind() {
        ErrorKind::Conflict { message, .. } if !message.is_empty() => {
            format!("another pipeline holds {target} ({message})")
        }
        _ => format!("another pipeline holds {target}"),
    }
}
