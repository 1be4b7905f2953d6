//! What may be typed.

use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::controller::Approved;
use crate::model::{ResourceId, Selector};

/// Keeps a NICE CXone tenant equal to a git repository.
#[derive(Debug, Parser)]
#[command(name = "flowgate", version, about, long_about = None, after_help = AFTER_HELP)]
pub(super) struct Arguments {
    /// Say more on stderr: -v requests and steps, -vv everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,

    #[command(subcommand)]
    pub command: Command,
}

const AFTER_HELP: &str = "\
Try it without a tenant:
  flowgate validate examples/flows-repo
  flowgate reconcile examples/flows-repo -e development --emulator --dry-run
  flowgate reconcile examples/flows-repo -e development --emulator
  git log -1 --notes=flowgate/development

Exit codes: 0 done or nothing to do, 1 failed, 2 changes pending (--dry-run --detailed-exitcode),
3 refused, waiting for a gate or a window, or drifted, 64 wrong usage.
Every flag of reconcile can be set by an environment variable, shown as [env: …].";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Bring the tenant to what git says, or show with --dry-run what that would take
    Reconcile(Box<Reconcile>),
    /// Go back to what was live before, and stay there until git moves
    Rollback(Rollback),
    /// Leave everything, or single resources, as they are until resumed
    Pause(Pause),
    /// End a pause, or let a rolled back environment go forward again
    Resume(Resume),
    /// Check the manifests as they are on disk, committed or not
    Validate(Validate),
    /// Run the tests of data actions on this machine, without asking a tenant
    Test(Test),
    /// Show what is live as flowgate recorded it: versions, deployments, ages
    Status(Inspect),
    /// List the last recorded pass of each commit, newest first
    History(History),
    /// Show what differs between two revisions, element by element, without asking a tenant
    Diff(Diff),
    /// Make a new project: settings, a flow, editor and CI files
    Init(Init),
    /// Write what a tenant holds as manifests
    Export(Export),
    /// Serve the built-in CXone emulator over HTTP
    Emulator(Emulator),
    /// Print the JSON Schema of a manifest, for editors
    Schema(Schema),
    /// Print a shell completion script
    Completions(Completions),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Text,
    /// For programs; documented in docs/reference
    Json,
    /// For pull requests
    Markdown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum RefreshArg {
    /// Read everything, also what the recorded state proves unchanged
    Full,
}

/// What commands share that run a pass.
#[derive(Debug, Args)]
pub(super) struct PassArgs {
    /// The flows folder (the one with flowgate.yaml) inside a git repository
    #[arg(default_value = ".", env = "FLOWGATE_PATH")]
    pub path: PathBuf,

    /// The environment of flowgate.yaml; may be left out if there is only one
    #[arg(short, long, env = "FLOWGATE_ENVIRONMENT", value_name = "ENV")]
    pub environment: Option<String>,

    /// Show the plan and stop; nothing is written, in the tenant or in git
    #[arg(long, env = "FLOWGATE_DRY_RUN", value_parser = FalseyValueParser::new())]
    pub dry_run: bool,

    /// How to print what was planned or done
    #[arg(long, env = "FLOWGATE_FORMAT", value_enum, default_value = "text")]
    pub format: Format,

    /// Use the built-in emulator instead of the tenant; its data is kept under the git directory
    #[arg(long, env = "FLOWGATE_EMULATOR", value_parser = FalseyValueParser::new())]
    pub emulator: bool,

    /// Who runs this, for notes and versions [default: git's user.name]
    #[arg(long, env = "FLOWGATE_OPERATOR", value_name = "NAME")]
    pub operator: Option<String>,

    /// Seconds after which a deployment that has not ended is left to the next pass
    #[arg(long, env = "FLOWGATE_POLL_TIMEOUT", value_name = "SECONDS", default_value_t = 300,
          value_parser = clap::value_parser!(u64).range(..=86_400))]
    pub poll_timeout: u64,

    /// The longest pause between two looks at a deployment, in seconds
    #[arg(long, env = "FLOWGATE_POLL_INTERVAL", value_name = "SECONDS", default_value_t = 5,
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub poll_interval: u64,
}

#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "flags as they are typed; `reconcile` turns them into types"
)]
pub(super) struct Reconcile {
    #[command(flatten)]
    pub run: PassArgs,

    /// The commit to reconcile [default: the environment's branch, else HEAD]
    #[arg(long, env = "FLOWGATE_REVISION", value_name = "REV")]
    pub revision: Option<String>,

    /// Save the plan as JSON to this file
    #[arg(long, env = "FLOWGATE_OUT", value_name = "PLAN")]
    pub out: Option<PathBuf>,

    /// Apply only if what would be done is still this saved plan
    #[arg(long, env = "FLOWGATE_PLAN", value_name = "PLAN")]
    pub plan: Option<PathBuf>,

    /// Delete what flowgate made, git no longer has and the environment does not run
    #[arg(long, env = "FLOWGATE_PRUNE", value_parser = FalseyValueParser::new())]
    pub prune: bool,

    /// Take over live resources of the same name that flowgate did not make
    #[arg(long, env = "FLOWGATE_ADOPT", value_parser = FalseyValueParser::new())]
    pub adopt: bool,

    /// Narrow the pass to resources with this label
    #[arg(long, env = "FLOWGATE_SELECTOR", value_name = "LABEL=VALUE", value_parser = selector)]
    pub selector: Option<Selector>,

    /// Try content again that failed in this environment
    #[arg(long, env = "FLOWGATE_RETRY", value_parser = FalseyValueParser::new())]
    pub retry: bool,

    /// How much of the tenant to read [default: what the recorded state does not prove unchanged]
    #[arg(long, env = "FLOWGATE_REFRESH", value_enum)]
    pub refresh: Option<RefreshArg>,

    /// Let a Begin or End element be removed or retyped; may be given several times
    #[arg(
        long,
        env = "FLOWGATE_ALLOW_IMMUTABLE",
        value_name = "FLOW/ELEMENT",
        value_parser = flow_element,
        value_delimiter = ','
    )]
    pub allow_immutable: Vec<String>,

    /// Make changes although no window is open, for this reason
    #[arg(long, env = "FLOWGATE_OUTSIDE_WINDOW", value_name = "REASON", value_parser = reason)]
    pub outside_window: Option<String>,

    /// Let a plan pass that updates or deletes more than the limits allow
    #[arg(
        long,
        env = "FLOWGATE_DANGEROUS_EXCEED_LIMITS",
        value_parser = FalseyValueParser::new()
    )]
    pub dangerous_exceed_limits: bool,

    /// Let a plan pass although git declares no resource at all
    #[arg(long, env = "FLOWGATE_DANGEROUS_DELETE_ALL", value_parser = FalseyValueParser::new())]
    pub dangerous_delete_all: bool,

    /// Let a plan pass that deletes what `protect` names
    #[arg(
        long,
        env = "FLOWGATE_DANGEROUS_DELETE_PROTECTED",
        value_parser = FalseyValueParser::new()
    )]
    pub dangerous_delete_protected: bool,

    /// Apply only the plan with this hash, or with a hash that begins with these 12 or more digits
    #[arg(long, env = "FLOWGATE_APPROVE_HASH", value_name = "HASH", value_parser = approved)]
    pub approve_hash: Option<Approved>,

    /// With --dry-run: exit with 2 when changes are pending
    #[arg(long, env = "FLOWGATE_DETAILED_EXITCODE", value_parser = FalseyValueParser::new())]
    pub detailed_exitcode: bool,

    /// Apply what git says also where it was rolled back
    #[arg(long, env = "FLOWGATE_RESUME", value_parser = FalseyValueParser::new())]
    pub resume: bool,
}

#[derive(Debug, Args)]
pub(super) struct Rollback {
    #[command(flatten)]
    pub run: PassArgs,

    /// The commit to go back to, or with --resource of a flow the version [default: the last commit that was
    /// synced before the one that is live]
    #[arg(long, value_name = "REVISION|VERSION")]
    pub to: Option<String>,

    /// Roll back this resource alone
    #[arg(long, value_name = "KIND/NAME")]
    pub resource: Option<ResourceId>,

    /// Lift the rollback instead: the next pass applies what git says
    #[arg(long, conflicts_with_all = ["to", "dry_run"])]
    pub resume: bool,
}

#[derive(Debug, Args)]
pub(super) struct Pause {
    /// The flows folder (the one with flowgate.yaml) inside a git repository
    #[arg(default_value = ".", env = "FLOWGATE_PATH")]
    pub path: PathBuf,

    /// The environment; may be left out if there is only one
    #[arg(short, long, env = "FLOWGATE_ENVIRONMENT", value_name = "ENV")]
    pub environment: Option<String>,

    /// Pause this resource alone; may be given several times [default: everything]
    #[arg(long, value_name = "KIND/NAME")]
    pub resource: Vec<ResourceId>,

    /// Why, for everybody who meets the pause
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    pub reason: String,

    /// When it ends by itself: a time such as 2026-12-24T18:00:00Z, or how long, such as 90m, 4h or 2d
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,

    /// Who pauses [default: git's user.name]
    #[arg(long, env = "FLOWGATE_OPERATOR", value_name = "NAME")]
    pub operator: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Resume {
    /// The flows folder (the one with flowgate.yaml) inside a git repository
    #[arg(default_value = ".", env = "FLOWGATE_PATH")]
    pub path: PathBuf,

    /// The environment; may be left out if there is only one
    #[arg(short, long, env = "FLOWGATE_ENVIRONMENT", value_name = "ENV")]
    pub environment: Option<String>,

    /// Resume this resource alone; may be given several times [default: everything that is held]
    #[arg(long, value_name = "KIND/NAME")]
    pub resource: Vec<ResourceId>,

    /// Who resumes [default: git's user.name]
    #[arg(long, env = "FLOWGATE_OPERATOR", value_name = "NAME")]
    pub operator: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Validate {
    /// The flows folder (the one with flowgate.yaml)
    #[arg(default_value = ".", env = "FLOWGATE_PATH")]
    pub path: PathBuf,

    /// Fill in the values of this environment only [default: of every one]
    #[arg(short, long, env = "FLOWGATE_ENVIRONMENT", value_name = "ENV")]
    pub environment: Option<String>,

    /// How to print findings
    #[arg(long, env = "FLOWGATE_FORMAT", value_enum, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum TestFormat {
    /// For people
    Text,
    /// For programs; documented in docs/reference
    Json,
    /// For pull requests
    Markdown,
    /// For CI systems, in the XML that they read
    Junit,
}

#[derive(Debug, Args)]
pub(super) struct Test {
    /// The flows folder (the one with flowgate.yaml)
    #[arg(default_value = ".", env = "FLOWGATE_PATH")]
    pub path: PathBuf,

    /// Run only tests whose `action/test` contains this text; may be given several times
    #[arg(long, value_name = "TEXT")]
    pub filter: Vec<String>,

    /// The commit to test [default: the files as they are on disk]
    #[arg(long, env = "FLOWGATE_REVISION", value_name = "REV")]
    pub revision: Option<String>,

    /// How to print what came of them
    #[arg(long, env = "FLOWGATE_FORMAT", value_enum, default_value = "text")]
    pub format: TestFormat,
}

#[derive(Debug, Args)]
pub(super) struct Inspect {
    /// The flows folder (the one with flowgate.yaml) inside a git repository
    #[arg(default_value = ".", env = "FLOWGATE_PATH")]
    pub path: PathBuf,

    /// The environment [default: every one]
    #[arg(short, long, env = "FLOWGATE_ENVIRONMENT", value_name = "ENV")]
    pub environment: Option<String>,

    /// How to print it
    #[arg(long, env = "FLOWGATE_FORMAT", value_enum, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub(super) struct History {
    #[command(flatten)]
    pub inspect: Inspect,

    /// The most passes to list
    #[arg(short = 'n', long, default_value_t = 20)]
    pub limit: usize,
}

#[derive(Debug, Args)]
pub(super) struct Diff {
    /// The revision before
    pub before: String,

    /// The revision after
    #[arg(default_value = "HEAD")]
    pub after: String,

    /// The flows folder (the one with flowgate.yaml) inside a git repository
    #[arg(short = 'C', long, default_value = ".", env = "FLOWGATE_PATH")]
    pub path: PathBuf,

    /// The environment whose values are filled in [default: every one]
    #[arg(short, long, env = "FLOWGATE_ENVIRONMENT", value_name = "ENV")]
    pub environment: Option<String>,

    /// How to print it
    #[arg(long, env = "FLOWGATE_FORMAT", value_enum, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub(super) struct Init {
    /// The folder to be made or filled; becomes a git repository unless it is in one
    #[arg(default_value = ".")]
    pub dir: PathBuf,

    /// Begin with what a tenant holds instead of with an example
    #[arg(long)]
    pub from_tenant: bool,

    /// Where the tenant's API answers
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,

    /// The target environment, as the platform names it
    #[arg(long, value_name = "NAME", default_value = "DEVELOPMENT")]
    pub target_environment: String,

    /// With --from-tenant: read what the built-in emulator holds for tenant cxone in this repository
    #[arg(long, env = "FLOWGATE_EMULATOR", value_parser = FalseyValueParser::new())]
    pub emulator: bool,

    /// Leave out .github/workflows/flowgate.yml and .gitlab-ci.yml
    #[arg(long)]
    pub no_ci: bool,
}

#[derive(Debug, Args)]
pub(super) struct Export {
    /// The flows folder (the one with flowgate.yaml)
    #[arg(default_value = ".", env = "FLOWGATE_PATH")]
    pub path: PathBuf,

    /// The environment of flowgate.yaml whose tenant is read; may be left out if there is only one
    #[arg(short, long, env = "FLOWGATE_ENVIRONMENT", value_name = "ENV")]
    pub environment: Option<String>,

    /// Write everything below this folder [default: what is not declared yet, into the project]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// Export the drafts of flows, not what is published
    #[arg(long)]
    pub drafts: bool,

    /// Write over files that are there and hold something else
    #[arg(long)]
    pub force: bool,

    /// Use the built-in emulator instead of the tenant; its data is kept under the git directory
    #[arg(long, env = "FLOWGATE_EMULATOR", value_parser = FalseyValueParser::new())]
    pub emulator: bool,

    /// How to print what was written
    #[arg(long, env = "FLOWGATE_FORMAT", value_enum, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub(super) struct Emulator {
    /// Where to listen; port 0 takes a free one
    #[arg(long, env = "FLOWGATE_LISTEN", default_value = "127.0.0.1:8700", value_name = "ADDRESS")]
    pub listen: std::net::SocketAddr,

    /// Where its data is kept; left out, it is gone at the end
    #[arg(long, env = "FLOWGATE_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SchemaKind {
    /// Manifests of flows
    Flow,
    /// Manifests of data actions
    DataAction,
    /// Manifests of data stores
    DataStore,
    /// flowgate.yaml
    Project,
}

#[derive(Debug, Args)]
pub(super) struct Schema {
    /// Of which kind
    #[arg(value_enum)]
    pub kind: SchemaKind,
}

#[derive(Debug, Args)]
pub(super) struct Completions {
    /// For which shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

fn selector(text: &str) -> Result<Selector, String> {
    let (label, value) = text
        .split_once('=')
        .filter(|(label, value)| !label.is_empty() && !value.is_empty())
        .ok_or("it takes LABEL=VALUE, such as team=care")?;
    Ok(Selector::Label { label: label.to_owned(), value: value.to_owned() })
}

fn reason(text: &str) -> Result<String, String> {
    let reason = text.trim();
    if reason.is_empty() {
        return Err("it takes a reason, such as \"hotfix: callers hear silence\"".to_owned());
    }
    Ok(reason.to_owned())
}

fn approved(text: &str) -> Result<Approved, String> {
    let fewest = Approved::FEWEST_DIGITS;
    Approved::parse(text).ok_or_else(|| {
        format!(
            "it takes the hash of a plan, or at least {fewest} hexadecimal digits of its beginning"
        )
    })
}

fn flow_element(text: &str) -> Result<String, String> {
    let (flow, element) = text.split_once('/').unwrap_or_default();
    if flow.is_empty() || element.is_empty() {
        return Err("it takes FLOW/ELEMENT, such as customer-routing/end".to_owned());
    }
    Ok(text.to_owned())
}
