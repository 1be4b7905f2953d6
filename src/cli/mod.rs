//! Layer 9: arguments → settings → one lower call → output. The only place that prints, reads the
//! environment and exits.

mod args;
mod connect;
mod emulator;
mod error;
mod export;
mod files;
mod hold;
mod init;
mod inspect;
mod plan_file;
mod reconcile;
mod rollback;
mod terminal;
mod test;
mod validate;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use tracing_subscriber::EnvFilter;

use crate::manifest::{self, Document};
use crate::model::Kind;

use args::{Arguments, Command, SchemaKind};
use error::Error;
use terminal::Terminal;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exit {
    /// Done, or nothing to do.
    Done,
    /// Something failed.
    Failed,
    /// Changes are pending; only when asked for.
    Pending,
    /// Refused by a guard, waiting, or drifted.
    Held,
    /// The arguments are wrong.
    Usage,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Pending => 2,
            Exit::Held => 3,
            Exit::Usage => 64,
        })
    }
}

/// Runs flowgate with the arguments of a process and returns its exit code: 0 done, 1 failed,
/// 2 changes pending, 3 held, 64 wrong usage.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let terminal = Terminal::of_process();
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error, &terminal).into(),
    };
    listen(arguments.verbose, &terminal);
    match run(arguments.command, &terminal) {
        Ok(exit) => exit.into(),
        Err(error) => {
            terminal.error(&error.chain());
            Exit::Failed.into()
        }
    }
}

fn usage(error: &clap::Error, terminal: &Terminal) -> Exit {
    let text = error.render();
    let text = if terminal.err().color { text.ansi().to_string() } else { text.to_string() };
    if error.use_stderr() {
        terminal.note(text.trim_end());
        Exit::Usage
    } else {
        terminal.print(&text);
        Exit::Done
    }
}

/// Sends what the layers trace to stderr.
fn listen(verbose: u8, terminal: &Terminal) {
    let level = match verbose {
        0 => "warn",
        1 => "flowgate=debug,warn",
        _ => "debug",
    };
    let filter = EnvFilter::try_from_env("FLOWGATE_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(terminal.err().color)
        .with_writer(std::io::stderr);
    // Only a second call in one process fails, and then the first one's subscriber serves.
    let _ = subscriber.try_init();
}

fn run(command: Command, terminal: &Terminal) -> Result<Exit, Error> {
    match command {
        Command::Reconcile(arguments) => reconcile::run(&arguments, terminal),
        Command::Rollback(arguments) => rollback::run(&arguments, terminal),
        Command::Pause(arguments) => hold::pause(&arguments, terminal),
        Command::Resume(arguments) => hold::resume(&arguments, terminal),
        Command::Validate(arguments) => validate::run(&arguments, terminal),
        Command::Test(arguments) => test::run(&arguments, terminal),
        Command::Status(arguments) => inspect::status(&arguments, terminal),
        Command::History(arguments) => inspect::history(&arguments, terminal),
        Command::Diff(arguments) => inspect::diff(&arguments, terminal),
        Command::Export(arguments) => export::run(&arguments, terminal),
        Command::Init(arguments) => init::run(&arguments, terminal),
        Command::Emulator(arguments) => emulator::run(&arguments, terminal),
        Command::Schema(arguments) => {
            let document = match arguments.kind {
                SchemaKind::Flow => Document::Resource(Kind::Flow),
                SchemaKind::DataAction => Document::Resource(Kind::DataAction),
                SchemaKind::DataStore => Document::Resource(Kind::DataStore),
                SchemaKind::Project => Document::Project,
            };
            terminal.print_json(&manifest::schema(document));
            Ok(Exit::Done)
        }
        Command::Completions(arguments) => {
            let mut script = Vec::new();
            let mut command = Arguments::command();
            clap_complete::generate(arguments.shell, &mut command, "flowgate", &mut script);
            terminal.print(&String::from_utf8_lossy(&script));
            Ok(Exit::Done)
        }
    }
}
