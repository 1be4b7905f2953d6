//! `flowgate export`.

use super::args::{Export, Format};
use super::connect::Behind;
use super::error::Error as Failure;
use super::files::{self, Existing};
use super::terminal::Terminal;
use super::{Exit, validate};
use crate::controller::{Cache, Error, ExportRequest, Files, Place, Which, export, read};
use crate::git::{Repo, work_tree};
use crate::render;

const FORCE: &str = "move them away, or write over them with --force";

pub(super) fn run(arguments: &Export, terminal: &Terminal) -> Result<Exit, Failure> {
    let exported = match tenant(arguments) {
        Err(Failure::Controller(Error::Findings(findings))) => {
            validate::show(&findings, arguments.format, terminal);
            terminal.error("the project has errors; nothing was written");
            return Ok(Exit::Failed);
        }
        exported => exported?,
    };
    let folder = arguments.out.as_deref().unwrap_or(&arguments.path);
    let existing = if arguments.force { Existing::Replace } else { Existing::Refuse(FORCE) };
    files::write_all(folder, &exported.files, existing)?;
    show(&exported, arguments.format, terminal);
    Ok(if exported.is_partial() { Exit::Failed } else { Exit::Done })
}

/// Reads the tenant; nothing is written.
fn tenant(arguments: &Export) -> Result<crate::model::Export, Failure> {
    let entries = work_tree::list(&arguments.path)?;
    let manifests = read(&Files::Folder(&arguments.path, &entries), &mut Cache::default())?;
    let behind = if arguments.emulator {
        Behind::Emulator(Repo::open(&arguments.path)?.data_dir().join("emulator"))
    } else {
        Behind::Network
    };
    let request = ExportRequest {
        environment: arguments.environment.clone(),
        which: if arguments.drafts { Which::Drafts } else { Which::Published },
        place: if arguments.out.is_some() { Place::Elsewhere } else { Place::Project },
    };
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::io("start the runtime"))?;
    let connect = |tenant: &_| behind.connect(tenant);
    Ok(runtime.block_on(export(&manifests, &request, &connect))?)
}

fn show(exported: &crate::model::Export, format: Format, terminal: &Terminal) {
    let text = |style| render::export::text(exported, style);
    if format == Format::Json || !exported.exported.is_empty() {
        terminal.show(format, text, || render::export::json(exported));
    }
    remarks(exported, terminal);
}

/// Says what somebody should look at, and how much there was.
pub(super) fn remarks(exported: &crate::model::Export, terminal: &Terminal) {
    for warning in render::export::warnings(exported) {
        terminal.warning(&warning);
    }
    terminal.note(&render::export::summary(exported, terminal.err()));
}
