//! Versions: making, judging and publishing them.

use super::{Executor, Halt, may_have_taken_effect};
use crate::cxone::{Error, ErrorKind, NewVersion, Owner, Validation, VersionOrigin};
use crate::delta::hash;
use crate::model::{DraftRevision, FlowId, Part, VersionId};
use crate::plan::guard::VERSION_CAP;
use crate::rollout::Event;

impl Executor<'_> {
    /// Deletes an old version, unless somebody uses it since the plan was made.
    pub(super) async fn delete_version(
        &self,
        flow: &FlowId,
        version: &VersionId,
    ) -> Result<Event, Halt> {
        // The platform refuses to delete what is deployed, and not what is published.
        let Some(live) = self.context.client.flow(flow).await? else {
            return Err(Halt::Moved(format!("flow {flow} was deleted meanwhile")));
        };
        let touched = self.traces.draft.is_some_and(|expected| expected != live.draft.revision);
        if live.published.as_ref().map_or(touched, |published| published == version) {
            return Ok(Event::InUse(format!("version {version} was published meanwhile")));
        }
        match self.context.client.delete_version(flow, version).await {
            Ok(()) => Ok(Event::VersionDeleted),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound { .. }) => {
                Ok(Event::VersionDeleted)
            }
            Err(error) if error.conflict_code() == Some("VERSION_DEPLOYED") => {
                Ok(Event::InUse(format!("version {version} was deployed meanwhile")))
            }
            // Making room is no reason to hold a change up while there is room.
            Err(error) if self.work.basis.versions < VERSION_CAP => {
                Ok(Event::InUse(error.to_string()))
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn create_version(&mut self, id: &FlowId) -> Result<Event, Halt> {
        let version = self.new_version()?;
        let key = self.key(&[
            "create-version",
            id.as_str(),
            &version.number.to_string(),
            &self.wanted.to_string(),
            self.context.revision.as_str(),
        ]);
        let made = match self.context.client.create_version(id, &version, &key).await {
            Ok(made) => made,
            Err(error) if may_have_taken_effect(&error) => {
                self.find_version(id).await?.ok_or(error)?
            }
            Err(error) => return Err(error.into()),
        };
        self.version = Some(made.clone());
        Ok(Event::VersionCreated(made))
    }

    /// Looks whether the version is there although no answer said so.
    async fn find_version(&self, id: &FlowId) -> Result<Option<VersionId>, Halt> {
        let resource = self.resource.id.clone();
        let owner = Owner { project: self.context.project.to_owned(), resource };
        let number = self.work.version.as_ref().map(|version| &version.to);
        for version in self.context.client.versions(id, &owner).await? {
            // A platform that keeps no metadata makes no claim; the content decides either way.
            let claims_other = version.claimed_hash.is_some_and(|hash| hash != self.wanted);
            if version.number.as_ref() != number || claims_other {
                continue;
            }
            let content = self.context.client.version(id, &version.id).await?;
            if content.is_some_and(|(_, content)| hash(&content) == self.wanted) {
                return Ok(Some(version.id));
            }
        }
        Ok(None)
    }

    fn new_version(&self) -> Result<NewVersion, Halt> {
        let flow = self.desired()?;
        let change = self.work.version.as_ref();
        let number = change.ok_or(Halt::Broken("the plan has no version number"))?.to.clone();
        let counts = self.resource.delta.counts().get(&Part::Element).copied().unwrap_or_default();
        let path = &flow.metadata.location.source.path;
        let prefix = self.context.prefix;
        Ok(NewVersion {
            number,
            name: flow.flow.display_name.clone(),
            description: format!(
                "{} elements added, {} removed, {} modified",
                counts.added, counts.removed, counts.modified
            ),
            content: self.work.content.clone(),
            hash: self.wanted,
            changed: self.resource.delta.ids(Part::Element),
            created_by: self.context.operator.to_owned(),
            created_at: self.context.committed_at,
            origin: VersionOrigin {
                repository: self.context.repository.clone(),
                commit: self.context.revision.clone(),
                path: if prefix.is_empty() { path.clone() } else { format!("{prefix}/{path}") },
                owner: Owner {
                    project: self.context.project.to_owned(),
                    resource: self.resource.id.clone(),
                },
            },
        })
    }

    pub(super) fn judge(&self, validation: &Validation) -> Event {
        if validation.valid {
            return Event::Valid;
        }
        let said = validation.message.as_deref().unwrap_or("the platform finds it invalid");
        let missing: Vec<_> = validation.missing.iter().map(|name| self.place_of(name)).collect();
        if missing.is_empty() {
            return Event::Invalid(format!("the version is not valid: {said}"));
        }
        let missing = missing.join(", ");
        Event::Invalid(format!("the version is not valid: {said}; the tenant lacks {missing}"))
    }

    /// Names a missing dependency with the place of the element that names it.
    fn place_of(&self, name: &str) -> String {
        let names = |value: &serde_json::Value| value.as_str() == Some(name);
        let place = self.flow.and_then(|flow| {
            let index = flow.flow.content.elements.iter().position(|element| {
                ["dataAction", "dataStore"]
                    .iter()
                    .any(|key| element.configuration.get(*key).is_some_and(names))
            })?;
            let line = flow.element_places.get(index)?.whole.line;
            Some(format!(" ({}:{line})", flow.metadata.location.source.path))
        });
        format!("{name}{}", place.unwrap_or_default())
    }

    pub(super) async fn publish(
        &mut self,
        flow: &FlowId,
        version: &VersionId,
    ) -> Result<Event, Halt> {
        // Publishing overwrites the draft and takes no draft revision to guard it.
        let draft = self.unmoved(flow).await?.draft.revision;
        let key = self.key(&["publish", flow.as_str(), version.as_str(), &draft.to_string()]);
        self.context.client.publish(flow, version, &key).await?;
        self.traces.draft = Some(DraftRevision(draft.0.saturating_add(1)));
        self.traces.published = Some(version.clone());
        Ok(Event::Published)
    }

    /// Says what failed, and for a refused body in which line of git it stands.
    pub(super) fn explain(&self, error: &Error) -> String {
        let ErrorKind::Invalid { faults, .. } = error.kind() else { return error.to_string() };
        let places: Vec<_> =
            faults.iter().filter_map(|fault| self.line_of(&fault.pointer)).collect();
        if places.is_empty() {
            return error.to_string();
        }
        format!("{error} (at {})", places.join(", "))
    }

    /// Maps a pointer into a version's body to the element or connector in git.
    fn line_of(&self, pointer: &str) -> Option<String> {
        let flow = self.flow?;
        let mut parts = pointer.split('/').skip(1);
        let (list, index) = (parts.next()?, parts.next()?.parse::<usize>().ok()?);
        let span = match list {
            "elements" => flow.element_places.get(index)?.whole,
            "connectors" => flow.connector_places.get(index)?.whole,
            _ => return None,
        };
        Some(format!("{}:{}:{}", flow.metadata.location.source.path, span.line, span.column))
    }
}
