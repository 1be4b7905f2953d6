//! Compiles the scripts of data actions.

use std::sync::Arc;

use super::parallel;
use crate::model::{Code, Declarations, DesiredDataAction, Finding};
use crate::sandbox::{self, Fault, FaultKind, Limits};

/// Finds scripts that do not compile and scripts without a `main`.
pub(super) fn check(declared: &Declarations) -> Vec<Finding> {
    let actions: Vec<&Arc<DesiredDataAction>> = declared.data_actions.values().collect();
    let limits = Limits::default();
    let check = |action: &&Arc<DesiredDataAction>| {
        let fault = sandbox::check(&action.content.script, &limits).err()?;
        // No fault of the script's: the tenant compiles it too.
        let ours = matches!(fault.kind, FaultKind::Busy | FaultKind::Engine);
        (!ours).then(|| finding(action, &fault))
    };
    parallel::map(&actions, check).into_iter().flatten().collect()
}

fn finding(action: &DesiredDataAction, fault: &Fault) -> Finding {
    let name = &action.metadata.name;
    let (line, column) = (fault.line.unwrap_or(1), fault.column.unwrap_or(1));
    let location = action.script_place.locate(line, column);
    let (code, message, hint) = match fault.kind {
        FaultKind::NoMain => (
            Code::NoMain,
            format!("the script of `{name}` has no function `main`"),
            "define `function main(context) { … }`; what it returns is the output",
        ),
        FaultKind::Syntax => (
            Code::ScriptSyntax,
            format!("the script of `{name}` does not compile: {fault}"),
            "the place is that of the JavaScript engine",
        ),
        _ => (
            Code::ScriptSyntax,
            format!("the script of `{name}` cannot be loaded: {fault}"),
            "what stands outside of functions runs whenever the action is loaded",
        ),
    };
    Finding::new(code, &location.source, location.span, message).with_hint(hint)
}
