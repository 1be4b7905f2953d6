//! `flowgate init`.

mod contents;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::Exit;
use super::args::Init;
use super::connect::Behind;
use super::error::Error as Failure;
use super::export;
use super::files::{self, Existing};
use super::terminal::Terminal;
use crate::controller::{Error, ExportRequest, Manifests, Place, Which, export as read_tenant};
use crate::git::{self, Repo};
use crate::manifest::{self, Content, File, name_from};
use crate::model::{Export, ProjectText, ResourceId};
use crate::render;

use contents::Setup;

/// What nobody said.
const BASE_URL: &str = "https://us-1.api.nicecxone.com";

const ELSEWHERE: &str =
    "name an empty folder, or move them away (--no-ci leaves out the two files for CI)";

pub(super) fn run(arguments: &Init, terminal: &Terminal) -> Result<Exit, Failure> {
    if arguments.from_tenant && !arguments.emulator && arguments.base_url.is_none() {
        terminal.error("--from-tenant needs --base-url URL, where the tenant's API answers");
        return Ok(Exit::Usage);
    }
    let place = Location::of(&arguments.dir)?;
    let mut setup = setup(arguments, &place)?;
    let exported = match project(&setup).and_then(|project| tenant(arguments, &place, &project)) {
        Err(Failure::Controller(Error::Findings(findings))) => {
            terminal.print(&render::findings::text(&findings, terminal.out()));
            terminal.error("nothing was written");
            return Ok(Exit::Failed);
        }
        exported => exported?,
    };
    if let Some(exported) = &exported {
        setup.element_types.clone_from(&exported.element_types);
        setup.external = exported.external.iter().map(ResourceId::to_string).collect();
    }
    let files = place.files(&setup, exported.as_ref(), arguments.no_ci);
    files::write_all(&place.root, &files, Existing::Refuse(ELSEWHERE))?;
    if place.repo.is_none() {
        git::init(&place.root)?;
    }
    let names: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    terminal.print(&names.join("\n"));
    if let Some(exported) = &exported {
        export::remarks(exported, terminal);
    }
    terminal.note(&next_steps(arguments, &setup));
    Ok(if exported.is_some_and(|exported| exported.is_partial()) {
        Exit::Failed
    } else {
        Exit::Done
    })
}

/// Where a project is made.
struct Location {
    /// The repository that is there.
    repo: Option<Repo>,
    /// The root of its work tree, or of the repository to be made.
    root: PathBuf,
    /// The flows folder below the root, with `/`; empty for the root itself.
    prefix: String,
}

impl Location {
    fn of(folder: &Path) -> Result<Self, Failure> {
        let absolute = std::path::absolute(folder)
            .map_err(Failure::io(format!("resolve {}", folder.display())))?;
        match Repo::open(folder) {
            Err(git::Error::NotARepository { .. }) => {
                Ok(Self { repo: None, root: absolute, prefix: String::new() })
            }
            Err(error) => Err(error.into()),
            Ok(repo) => match repo.work_tree() {
                Some(root) => {
                    let (root, prefix) = (root.to_owned(), repo.prefix().to_owned());
                    Ok(Self { repo: Some(repo), root, prefix })
                }
                None => Err(Failure::Refused(format!(
                    "{} is in a repository without a work tree; clone it and go on there",
                    folder.display()
                ))),
            },
        }
    }

    /// Returns every file, relative to the root: CI systems look nowhere else.
    fn files(&self, setup: &Setup, exported: Option<&Export>, no_ci: bool) -> Vec<ProjectText> {
        let mut below = contents::of_folder(setup, exported.is_none());
        below.extend(exported.iter().flat_map(|exported| exported.files.iter().cloned()));
        let moved = below.into_iter().map(|file| ProjectText { path: self.at(&file.path), ..file });
        let ci = if no_ci { Vec::new() } else { contents::of_ci(setup) };
        let mut files: Vec<ProjectText> = moved.chain(ci).collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files
    }

    fn at(&self, path: &str) -> String {
        if self.prefix.is_empty() { path.to_owned() } else { format!("{}/{path}", self.prefix) }
    }
}

fn setup(arguments: &Init, place: &Location) -> Result<Setup, Failure> {
    let folder = place.root.join(&place.prefix);
    let called = folder.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = called.and_then(|name| name_from(&name));
    let target = &arguments.target_environment;
    let environment = name_from(target).ok_or_else(|| {
        Failure::Refused(format!("{target:?} names no target environment; say DEVELOPMENT, say"))
    })?;
    Ok(Setup {
        name: name.unwrap_or_else(|| "contact-centre".to_owned()),
        base_url: arguments.base_url.clone().unwrap_or_else(|| BASE_URL.to_owned()),
        environment,
        target: target.clone(),
        folder: if place.prefix.is_empty() { ".".to_owned() } else { place.prefix.clone() },
        with_values: !arguments.from_tenant,
        element_types: BTreeSet::new(),
        external: Vec::new(),
    })
}

/// Reads the project file that would be written.
fn project(setup: &Setup) -> Result<Manifests, Failure> {
    let text = contents::project(setup);
    let file =
        File { path: "flowgate.yaml".to_owned(), content: Content::Bytes(text.into_bytes()) };
    let project = manifest::project(file).map_err(Error::Findings)?;
    Ok(Manifests::of_project(project))
}

/// Reads the tenant, if that is asked for.
fn tenant(
    arguments: &Init,
    place: &Location,
    project: &Manifests,
) -> Result<Option<Export>, Failure> {
    if !arguments.from_tenant {
        return Ok(None);
    }
    let behind = match (arguments.emulator, &place.repo) {
        (false, _) => Behind::Network,
        (true, Some(repo)) => Behind::Emulator(repo.data_dir().join("emulator")),
        (true, None) => {
            let why = "the emulator's data lie in a repository, and there is none yet: serve them with \
                       `flowgate emulator --data DIR`, and name its address with --base-url";
            return Err(Failure::Refused(why.to_owned()));
        }
    };
    let request =
        ExportRequest { environment: None, which: Which::Published, place: Place::Project };
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::io("start the runtime"))?;
    let connect = |tenant: &_| behind.connect(tenant);
    Ok(Some(runtime.block_on(read_tenant(project, &request, &connect))?))
}

fn next_steps(arguments: &Init, setup: &Setup) -> String {
    let Setup { environment, .. } = setup;
    let folder = arguments.dir.display().to_string();
    let enter = if folder == "." { String::new() } else { format!("  cd {folder}\n") };
    let begin = format!("\nNext:\n{enter}  git add . && git commit -m 'First manifests'\n");
    if arguments.from_tenant {
        let emulator = if arguments.emulator { " --emulator" } else { "" };
        return format!(
            "{begin}  flowgate reconcile -e {environment} --adopt --dry-run{emulator}   # nothing should \
             change\n  flowgate reconcile -e {environment} --adopt{emulator}"
        );
    }
    format!(
        "{begin}  flowgate reconcile -e {environment} --emulator   # without a tenant\nThen set baseUrl in \
         flowgate.yaml, and CXONE_CLIENT_ID and CXONE_CLIENT_SECRET in the environment."
    )
}
