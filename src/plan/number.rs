//! Which number a new version gets.

use semver::Version;

use crate::delta::{Bump, Delta, next};
use crate::model::{Code, Declared, Desired, DesiredFlow, Finding, LiveVersion, State, Wanted};

/// The number that git asks for is not above the highest there is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "spec.version {asked} is not above {highest}, the highest version there is; \
     raise it, or leave it out and it is derived from the delta"
)]
pub(super) struct NumberTaken {
    asked: Version,
    highest: Version,
}

/// Returns the number that git asks for, or the one that follows from the delta: above every
/// version there is.
pub(super) fn choose(
    asked: Option<&Version>,
    versions: &[LiveVersion],
    delta: &Delta,
) -> Result<Version, NumberTaken> {
    let highest = versions.iter().filter_map(|version| version.number.as_ref()).max();
    match (asked, highest) {
        (Some(asked), Some(highest)) if asked <= highest => {
            Err(NumberTaken { asked: asked.clone(), highest: highest.clone() })
        }
        (Some(asked), _) => Ok(asked.clone()),
        (None, highest) => Ok(next(highest, delta.bump().unwrap_or(Bump::Patch))),
    }
}

/// Returns the number of a flow's first version.
pub(super) fn first() -> Version {
    next(None, Bump::Minor)
}

/// Finds flows whose `spec.version` was given to other content before, as far as the state tells:
/// what git can know without asking the tenant.
///
/// Flows with values from sources are not among them: their content changes without a mistake in git,
/// and then they alone fail.
pub fn check(desired: &Desired, state: &State) -> Vec<Finding> {
    let flows = desired.flows.values().filter(|wanted| wanted.declared.sourced.is_empty());
    flows.filter_map(|wanted| taken(wanted, state)).collect()
}

fn taken(wanted: &Wanted<DesiredFlow>, state: &State) -> Option<Finding> {
    let flow = &wanted.declared;
    let asked = flow.flow.version.as_ref()?;
    let version = flow.record(state)?.version.as_ref()?;
    let other = version.number == *asked && version.hash != wanted.hash;
    let span = flow.version_place.unwrap_or(flow.metadata.location.span);
    let message = format!("version {asked} is taken by other content");
    other.then(|| {
        Finding::new(Code::VersionNotIncreasing, &flow.metadata.location.source, span, message)
            .with_hint("raise it, or leave it out and it is derived from what changed")
    })
}
