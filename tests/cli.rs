//! The real binary with real git: exit codes, messages, and what outlives a process.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

const FLOWGATE: &str = env!("CARGO_BIN_EXE_flowgate");

const PROJECT: &str = "\
apiVersion: flowgate.dev/v1
kind: Project
metadata: {name: bank}
spec:
  tenants:
    - {name: sandbox, baseUrl: 'URL', credentials: {clientIdEnv: BANK_ID, clientSecretEnv: BANK_SECRET}}
  environments:
    - {name: development, tenant: sandbox, targetEnvironment: DEVELOPMENT}
    - {name: gated, tenant: sandbox, targetEnvironment: GATED, promotesFrom: development, gates: [approval]}
";

const FLOW: &str = "\
apiVersion: flowgate.dev/v1
kind: Flow
metadata: {name: welcome}
spec:
  elements:
    - {id: begin, type: Begin}
    - {id: end, type: End}
  connectors:
    - {sourceId: begin, targetId: end}
";

struct Clone(TempDir);

impl Clone {
    fn empty() -> Self {
        let clone = Self(TempDir::new().expect("a folder"));
        clone.git(&["init", "--quiet", "--initial-branch=main"]);
        clone
    }

    fn with(base_url: &str) -> Self {
        let clone = Self::empty();
        clone.write("flowgate.yaml", &PROJECT.replace("URL", base_url));
        clone.write("flows/welcome.yaml", FLOW);
        clone.commit();
        clone
    }

    fn new() -> Self {
        Self::with("https://api.nicecxone.com")
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = isolated("git")
            .args(["-c", "user.name=Ada", "-c", "user.email=ada@bank.example"])
            .args(arguments)
            .current_dir(self.path())
            .output()
            .expect("git runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "a commit"]);
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        flowgate(self.path(), arguments)
    }
}

fn isolated(program: &str) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("FLOWGATE_") {
            command.env_remove(name);
        }
    }
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    command.env_remove("BANK_ID").env_remove("BANK_SECRET").stdin(Stdio::null());
    command
}

struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Ran {
    /// One clear message on stderr, exit code 1, nothing on stdout, no panic.
    fn fails_with(&self, message: &str) {
        assert_eq!(self.code, Some(1), "{}{}", self.out, self.err);
        assert!(self.err.contains(message), "{message:?} is not in {:?}", self.err);
        assert!(!self.err.contains("panicked") && !self.err.contains("backtrace"), "{}", self.err);
        assert_eq!(self.out, "");
    }
}

fn flowgate(folder: &Path, arguments: &[&str]) -> Ran {
    isolated(FLOWGATE).args(arguments).current_dir(folder).output().expect("flowgate runs").into()
}

fn with_credentials(clone: &Clone, arguments: &[&str]) -> Ran {
    let mut command = isolated(FLOWGATE);
    command.args(arguments).current_dir(clone.path());
    command.env("BANK_ID", "id").env("BANK_SECRET", "hunter2");
    command.output().expect("flowgate runs").into()
}

const EMULATED: &[&str] = &["reconcile", "-e", "development", "--emulator"];

/// Copies the example into a repository of its own.
fn example() -> Clone {
    fn copy(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).expect("a folder");
        for entry in std::fs::read_dir(from).expect("a folder") {
            let entry = entry.expect("an entry");
            let to = to.join(entry.file_name());
            if entry.path().is_dir() {
                copy(&entry.path(), &to);
            } else {
                std::fs::copy(entry.path(), to).expect("a file");
            }
        }
    }
    let clone = Clone::empty();
    let example = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/flows-repo");
    copy(&example, &clone.path().join("contact-centre/flows-repo"));
    clone.commit();
    clone
}

#[test]
fn the_example_is_valid_and_reconciles_once_from_a_subfolder() {
    let clone = example();
    let folder = "contact-centre/flows-repo";
    let valid = clone.run(&["validate", folder]);
    assert_eq!((valid.code, valid.out.as_str()), (Some(0), ""), "{}", valid.err);
    let command = ["reconcile", folder, "-e", "development", "--emulator"];
    let first = clone.run(&command);
    assert_eq!(first.code, Some(0), "{}{}", first.out, first.err);
    assert!(first.out.contains("Synced development"), "{}", first.out);
    let log = clone.git(&["log", "-1", "--notes=flowgate/development"]);
    assert!(log.contains("Notes (flowgate/development):\n    Synced development: "), "{log}");
    let second = clone.run(&command);
    assert_eq!(second.code, Some(0), "{}", second.err);
    assert!(
        second.out.starts_with("Nothing to do") && second.out.contains(" 0 writes"),
        "{}",
        second.out
    );
    assert_eq!(clone.git(&["log", "-1", "--notes=flowgate/development"]), log);
    assert_eq!(clone.git(&["status", "--porcelain"]), "");
    let status = clone.run(&["status", folder, "-e", "development"]);
    assert!(status.out.contains("Flow/main-entry"), "{}", status.out);
}

#[test]
fn exit_codes_tell_how_it_ended() {
    let clone = Clone::new();
    let dry = ["reconcile", "-e", "development", "--emulator", "--dry-run", "--detailed-exitcode"];
    assert_eq!(clone.run(&["--help"]).code, Some(0));
    assert_eq!(clone.run(&["--version"]).code, Some(0));
    assert_eq!(clone.run(&["reconcile", "--frob"]).code, Some(64));
    assert_eq!(clone.run(&[]).code, Some(64));
    assert_eq!(clone.run(&dry).code, Some(2));
    assert_eq!(
        clone.run(&["reconcile", "-e", "gated", "--emulator"]).code,
        Some(3),
        "not promoted"
    );
    assert_eq!(clone.run(EMULATED).code, Some(0));
    assert_eq!(clone.run(&dry).code, Some(0));
    assert_eq!(
        clone.run(&["reconcile", "-e", "gated", "--emulator"]).code,
        Some(3),
        "not approved"
    );
    assert_eq!(clone.run(&["reconcile", "-e", "nowhere", "--emulator"]).code, Some(1));
}

#[test]
fn environment_variables_mirror_the_flags() {
    let clone = Clone::new();
    let mut command = isolated(FLOWGATE);
    command.arg("reconcile").current_dir(clone.path());
    command.env("FLOWGATE_ENVIRONMENT", "development").env("FLOWGATE_EMULATOR", "1");
    command.env("FLOWGATE_DRY_RUN", "true").env("FLOWGATE_FORMAT", "json");
    let ran = Ran::from(command.output().expect("flowgate runs"));
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let plan: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(plan["kind"], "Plan");
}

#[test]
fn a_repository_that_cannot_be_used_is_one_clear_message() {
    let nowhere = TempDir::new().expect("a folder");
    flowgate(nowhere.path(), EMULATED).fails_with("is not in a git repository");
    Clone::empty().run(EMULATED).fails_with("no commits yet");
    let clone = Clone::new();
    clone
        .run(&["reconcile", "-e", "prod", "--emulator"])
        .fails_with("flowgate.yaml has no environment \"prod\"; it has development, gated");
    clone.run(&["reconcile", "--emulator"]).fails_with("name one with --environment");
    clone
        .run(&["reconcile", "-e", "development", "--emulator", "--revision", "nope"])
        .fails_with("nope");
    let bare = Clone::empty();
    bare.write("README.md", "nothing here");
    bare.commit();
    let ran = bare.run(EMULATED);
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.contains("error[project-file]"), "{}", ran.out);
}

#[test]
fn a_tenant_that_cannot_be_reached_is_one_clear_message() {
    let command = ["reconcile", "-e", "development"];
    Clone::new().run(&command).fails_with("the environment variable BANK_ID is not set");

    let clone = Clone::new();
    let mut empty = isolated(FLOWGATE);
    empty.args(command).current_dir(clone.path()).env("BANK_ID", "id").env("BANK_SECRET", "");
    Ran::from(empty.output().expect("flowgate runs"))
        .fails_with("the environment variable BANK_SECRET is empty; it must hold the clientSecret");

    let free = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let refused = Clone::with(&format!("http://{free}"));
    with_credentials(&refused, &command).fails_with("refused");

    let unknown = Clone::with("https://no-such-host.invalid");
    with_credentials(&unknown, &command).fails_with("no-such-host.invalid");

    let plain = Clone::with("http://api.nicecxone.example");
    let ran = with_credentials(&plain, &command);
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.contains("insecure"), "{}", ran.out);
}

#[test]
fn a_token_endpoint_that_answers_html_is_one_clear_message() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { break };
            let _ = stream.read(&mut [0; 4096]);
            let page = "<html><h1>Welcome to the portal</h1></html>";
            let length = page.len();
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{page}"
            );
        }
    });
    let clone = Clone::with(&format!("http://{address}"));
    let ran = with_credentials(&clone, &["reconcile", "-e", "development"]);
    ran.fails_with("Welcome to the portal");
    assert!(!ran.err.contains("hunter2") && !ran.err.contains("<html>"), "{}", ran.err);
}

#[test]
fn a_bare_repository_is_reconciled_too() {
    let clone = Clone::new();
    let folder = TempDir::new().expect("a folder");
    let bare = folder.path().join("flows.git");
    clone.git(&["clone", "--quiet", "--bare", ".", &bare.display().to_string()]);
    let ran =
        flowgate(folder.path(), &["reconcile", "flows.git", "-e", "development", "--emulator"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let notes = isolated("git")
        .args(["log", "-1", "--notes=flowgate/development"])
        .current_dir(&bare)
        .output()
        .expect("git runs");
    assert!(String::from_utf8_lossy(&notes.stdout).contains("Synced development"));
}

#[test]
fn the_environments_branch_counts_whatever_is_checked_out() {
    let clone = Clone::empty();
    let project = PROJECT.replace("URL", "https://api.nicecxone.com").replace(
        "targetEnvironment: DEVELOPMENT}",
        "targetEnvironment: DEVELOPMENT, branch: main}",
    );
    clone.write("flowgate.yaml", &project);
    clone.write("flows/welcome.yaml", FLOW);
    clone.commit();
    let main = clone.git(&["rev-parse", "main"]);
    clone.git(&["checkout", "--quiet", "-b", "feature"]);
    clone.write("flows/more.yaml", &FLOW.replace("welcome", "more"));
    clone.commit();
    let ran = clone.run(&["reconcile", "-e", "development", "--emulator", "--format", "json"]);
    let status: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(status["revision"].as_str(), Some(main.trim()));
    assert_eq!(status["counts"]["changed"], 1);
}

#[test]
fn a_saved_plan_can_be_applied_and_output_has_no_colour_in_a_pipe() {
    let clone = Clone::new();
    let planned = clone.run(&[
        "reconcile",
        "-e",
        "development",
        "--emulator",
        "--dry-run",
        "--out",
        "plan.json",
    ]);
    assert_eq!(planned.code, Some(0), "{}", planned.err);
    assert!(!planned.out.contains('\u{1b}') && !planned.err.contains('\u{1b}'));
    let logged = clone.run(&["reconcile", "-e", "development", "--emulator", "--dry-run", "-v"]);
    assert!(logged.err.contains("DEBUG") && !logged.err.contains('\u{1b}'), "{}", logged.err);
    let command = ["reconcile", "-e", "development", "--emulator", "--plan", "plan.json"];
    let applied = clone.run(&command);
    assert_eq!(applied.code, Some(0), "{}", applied.err);
    let again = clone.run(&command);
    assert_eq!((again.code, again.out.as_str()), (Some(3), ""), "{}", again.err);
    assert!(again.err.contains("Flow/welcome moved since"), "{}", again.err);
}

#[test]
fn a_plan_is_signed_off_by_its_hash() {
    let clone = Clone::new();
    let planned = clone.run(&["reconcile", "-e", "development", "--emulator", "--dry-run"]);
    let last = planned.out.trim_end().lines().last().unwrap_or_default();
    let hash = last.strip_prefix("Plan hash: sha256:").expect("a hash");
    let approve = |hash: &str| {
        clone.run(&["reconcile", "-e", "development", "--emulator", "--approve-hash", hash])
    };
    assert_eq!(approve("0123").code, Some(64), "too short");
    assert_eq!(approve("").code, Some(64));
    let other = approve("0123456789ab");
    assert_eq!(other.code, Some(3), "{}", other.err);
    assert!(other.err.contains("sha256:0123456789ab") && other.err.contains(hash), "{}", other.err);
    let dry = ["--dry-run", "--approve-hash", hash];
    assert_eq!(clone.run(&[EMULATED, &dry].concat()).code, Some(64));
    assert_eq!(approve(&hash[..12]).code, Some(0));
}

#[test]
fn outside_the_windows_a_pass_is_held_until_somebody_gives_a_reason() {
    let clone = Clone::new();
    let in_three_days =
        jiff::Zoned::now().with_time_zone(jiff::tz::TimeZone::UTC).weekday().wrapping_add(3);
    let day: String = format!("{in_three_days:?}").chars().take(3).collect();
    let window = format!(
        "targetEnvironment: DEVELOPMENT, windows: [{{allow: '{day} 00:00-24:00', timezone: UTC}}]}}"
    );
    let project = PROJECT.replace("targetEnvironment: DEVELOPMENT}", &window);
    clone.write("flowgate.yaml", &project.replace("URL", "https://api.nicecxone.com"));
    clone.commit();
    let dry = clone.run(&["reconcile", "-e", "development", "--emulator", "--dry-run"]);
    assert_eq!(dry.code, Some(3), "{}{}", dry.out, dry.err);
    assert!(dry.out.contains("Waiting: outside the windows"), "{}", dry.out);
    assert_eq!(clone.run(EMULATED).code, Some(3));
    let ahead = |reason: &str| clone.run(&[EMULATED, &["--outside-window", reason]].concat());
    assert_eq!(ahead("  ").code, Some(64), "a reason is needed");
    let ran = ahead("hotfix");
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("Override: --outside-window \"hotfix\""), "{}", ran.out);
    let status = clone.run(&["status", "-e", "development"]);
    assert!(status.out.contains("--outside-window \"hotfix\""), "{}", status.out);
}

#[test]
fn flags_that_can_hurt_are_spelled_out_and_let_their_guard_pass() {
    let clone = Clone::new();
    let limited = "targetEnvironment: DEVELOPMENT, limits: {updates: 0, from: 0}}";
    let project = PROJECT.replace("targetEnvironment: DEVELOPMENT}", limited);
    clone.write("flowgate.yaml", &project.replace("URL", "https://api.nicecxone.com"));
    clone.commit();
    assert_eq!(clone.run(EMULATED).code, Some(0));
    clone.write(
        "flows/welcome.yaml",
        &FLOW.replace("type: End}", "type: End, configuration: {a: 1}}"),
    );
    clone.commit();
    let refused = clone.run(EMULATED);
    assert_eq!(refused.code, Some(3));
    assert!(refused.err.contains("1 updates of 1 managed resources"), "{}", refused.err);
    assert!(refused.err.contains("--dangerous-exceed-limits"), "{}", refused.err);
    let others = ["--dangerous-delete-all", "--dangerous-delete-protected"];
    assert_eq!(clone.run(&[EMULATED, &others].concat()).code, Some(3), "another guard's flags");
    let mut command = isolated(FLOWGATE);
    command.args(EMULATED).current_dir(clone.path()).env("FLOWGATE_DANGEROUS_EXCEED_LIMITS", "1");
    let passed = Ran::from(command.output().expect("flowgate runs"));
    assert_eq!(passed.code, Some(0), "{}", passed.err);
    assert!(
        passed.out.contains("Override: --dangerous-exceed-limits let pass: 1 updates"),
        "{}",
        passed.out
    );
}

/// The emulator as a process of its own.
struct Served {
    process: Child,
    address: String,
}

impl Served {
    fn start(data: &Path) -> Self {
        let mut process = isolated(FLOWGATE)
            .args(["emulator", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("flowgate runs");
        let mut line = String::new();
        let stdout = process.stdout.take().expect("a pipe");
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        let address = line.trim().rsplit("http://").next().unwrap_or_default().to_owned();
        Self { process, address }
    }

    fn send(&self, request: &str, body: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(&self.address)?;
        let length = body.len();
        write!(
            stream,
            "{request}\r\nHost: emulator\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }

    fn token(&self) -> String {
        let request =
            "POST /oauth/token HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded";
        let body = "grant_type=client_credentials&client_id=a&client_secret=b";
        let answer = self.send(request, body).expect("a token");
        let token =
            answer.split("\"access_token\":\"").nth(1).and_then(|rest| rest.split('"').next());
        token.expect("a token").to_owned()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn an_emulator_that_is_killed_loses_no_answered_write() {
    let data = TempDir::new().expect("a folder");
    let mut served = Served::start(data.path());
    let token = served.token();
    let create = |served: &Served, n: usize| {
        let head = format!(
            "POST /api/v2/flows HTTP/1.1\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: k{n}\r\nContent-Type: application/json"
        );
        served.send(&head, &format!("{{\"name\":\"Flow {n}\"}}"))
    };
    let answered = (0..20)
        .filter(|n| create(&served, *n).is_ok_and(|answer| answer.contains(" 201 ")))
        .count();
    assert_eq!(answered, 20);
    // SIGKILL: nothing of the process runs after it.
    served.process.kill().expect("kill");
    served.process.wait().expect("gone");

    let served = Served::start(data.path());
    let head = format!("GET /api/v2/flows HTTP/1.1\r\nAuthorization: Bearer {}", served.token());
    let list = served.send(&head, "").expect("a list");
    assert!(list.contains("\"totalCount\":20"), "{list}");
}

#[test]
fn emulator_data_that_another_process_holds_is_named() {
    let clone = Clone::new();
    let _served = Served::start(&clone.path().join(".git/flowgate/emulator/sandbox"));
    clone.run(EMULATED).fails_with("emulator/sandbox");
}

#[test]
fn a_tenant_behind_http_is_reconciled_with_real_sockets() {
    let data = TempDir::new().expect("a folder");
    let served = Served::start(data.path());
    let clone = Clone::with(&format!("http://{}", served.address));
    let command = ["reconcile", "-e", "development"];
    let first = with_credentials(&clone, &command);
    assert_eq!(first.code, Some(0), "{}{}", first.out, first.err);
    let second = with_credentials(&clone, &command);
    assert!(second.out.starts_with("Nothing to do"), "{}", second.out);
    let recorded = clone.git(&["log", "-1", "--notes=flowgate/development"]);
    assert!(!recorded.contains("hunter2"));
}

#[test]
fn what_went_live_is_rolled_back_held_and_resumed() {
    let clone = Clone::new();
    assert_eq!(clone.run(EMULATED).code, Some(0));
    let greet = "    - {id: greet, type: IVR}\n  connectors:\n    - {sourceId: begin, targetId: greet}\n    - {sourceId: greet, targetId: end}\n";
    clone.write("flows/welcome.yaml", &FLOW.replace("  connectors:\n", greet));
    clone.commit();
    assert_eq!(clone.run(EMULATED).code, Some(0));
    let back = ["rollback", "-e", "development", "--emulator"];
    let dry = clone.run(&[&back[..], &["--dry-run"]].concat());
    assert_eq!(dry.code, Some(0), "{}", dry.err);
    assert!(dry.out.starts_with("Rollback from "), "{}", dry.out);
    let ran = clone.run(&back);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.err.contains("until git moves"), "{}", ran.err);
    let held = clone.run(EMULATED);
    assert_eq!(held.code, Some(3), "{}", held.out);
    assert!(held.out.contains("rolled back to"), "{}", held.out);
    let status = clone.run(&["status", "-e", "development"]);
    assert!(status.out.contains("everything is rolled back to"), "{}", status.out);
    let resumed = clone.run(&["rollback", "-e", "development", "--resume"]);
    assert!(resumed.out.starts_with("Resumed development"), "{}", resumed.out);
    assert_eq!(clone.run(EMULATED).code, Some(0));
}

#[test]
fn a_pause_is_shown_until_it_is_resumed() {
    let clone = Clone::new();
    let paused = clone.run(&["pause", "-e", "development", "--reason", "freeze", "--until", "2h"]);
    assert_eq!(paused.code, Some(0), "{}", paused.err);
    assert!(paused.out.contains("freeze, until "), "{}", paused.out);
    let held = clone.run(EMULATED);
    assert_eq!(held.code, Some(3), "{}", held.out);
    assert!(held.out.contains("freeze"), "{}", held.out);
    let dry = clone.run(&[EMULATED, &["--dry-run"]].concat());
    assert!(dry.out.contains("everything is paused by"), "{}", dry.out);
    assert_eq!(clone.run(&["resume", "-e", "development"]).code, Some(0));
    assert_eq!(clone.run(EMULATED).code, Some(0));
    let wrong = clone.run(&["pause", "-e", "development", "--reason", " "]);
    assert_eq!(wrong.code, Some(64), "{}", wrong.err);
}

#[test]
fn schemas_and_completions_are_printed() {
    let clone = Clone::new();
    for kind in ["flow", "project"] {
        let schema = clone.run(&["schema", kind]);
        let schema: serde_json::Value = serde_json::from_str(&schema.out).expect("JSON");
        assert!(schema["$schema"].is_string());
    }
    assert!(clone.run(&["completions", "bash"]).out.contains("complete"));
}

#[test]
fn two_revisions_are_compared_in_every_environment_without_a_tenant() {
    let clone = Clone::new();
    let more = FLOW.replace(
        "{sourceId: begin, targetId: end}",
        "{sourceId: begin, targetId: end, label: now}",
    );
    clone.write("flows/welcome.yaml", &more);
    clone.commit();
    let same = clone.run(&["diff", "HEAD~1", "HEAD"]);
    assert_eq!(same.code, Some(0), "{}", same.err);
    assert!(same.out.contains("/label"), "{}", same.out);
    assert!(!same.out.contains("In development"), "{}", same.out);

    let valued = PROJECT
        .replace("URL", "https://api.nicecxone.com")
        .replace(
            "targetEnvironment: DEVELOPMENT}",
            "targetEnvironment: DEVELOPMENT, values: {way: now}}",
        )
        .replace("targetEnvironment: GATED,", "targetEnvironment: GATED, values: {way: later},");
    clone.write("flowgate.yaml", &valued);
    clone.write("flows/welcome.yaml", &more.replace("label: now", "label: \"${values.way}\""));
    clone.commit();
    let apart = clone.run(&["diff", "HEAD~1"]);
    assert!(
        apart.out.contains("In development:") && apart.out.contains("In gated:"),
        "{}",
        apart.out
    );
    clone.run(&["diff", "HEAD~1", "--format", "json"]).fails_with("name one with --environment");
    let one = clone.run(&["diff", "HEAD~1", "--format", "json", "-e", "gated"]);
    let one: serde_json::Value = serde_json::from_str(&one.out).expect("JSON");
    assert_eq!(one["resources"][0]["name"], "welcome");
}

#[test]
fn a_mistake_that_every_environment_shares_is_told_once() {
    let clone = Clone::new();
    clone.write("flows/welcome.yaml", &FLOW.replace("type: End", "type: Ende"));
    let ran = clone.run(&["validate"]);
    assert_eq!(ran.code, Some(1));
    assert_eq!(ran.out.matches("error[unknown-element-type]").count(), 1, "{}", ran.out);
    assert!(ran.out.trim_end().ends_with("1 error in 1 file"), "{}", ran.out);
}

#[test]
fn values_come_from_a_source_whose_key_is_in_the_environment() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/cx", listener.local_addr().expect("an address"));
    let seen = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().expect("a connection");
        let mut request = vec![0; 4096];
        let length = socket.read(&mut request).expect("a request");
        let body = r#"{"priority": "high"}"#;
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
        socket.write_all(format!("{head}{body}").as_bytes()).expect("an answer");
        String::from_utf8_lossy(&request[..length]).to_lowercase()
    });
    let clone = Clone::new();
    let sources = format!(
        "targetEnvironment: DEVELOPMENT, sources: {{cx: {{url: '{url}', fields: {{priority: string}}, \
         headers: {{X-Api-Key: {{env: BANK_SECRET}}}}}}}}}}"
    );
    let project = PROJECT.replace("URL", "https://api.nicecxone.com");
    clone.write(
        "flowgate.yaml",
        &project.replacen("targetEnvironment: DEVELOPMENT}", &sources, 1).replace(
            "    - {name: gated, tenant: sandbox, targetEnvironment: GATED, promotesFrom: development, gates: [approval]}\n",
            "",
        ),
    );
    let from = "type: Begin, configuration: {p: {valueFrom: {source: cx, field: priority}}}";
    clone.write("flows/welcome.yaml", &FLOW.replace("type: Begin", from));
    clone.commit();

    // Nothing but a pass asks.
    let valid = clone.run(&["validate"]);
    assert_eq!(
        (valid.code, valid.err.contains("0 errors") || valid.out.is_empty()),
        (Some(0), true)
    );
    let missing = clone.run(EMULATED);
    assert_eq!(missing.code, Some(1), "{}", missing.err);
    let why = "the environment variable BANK_SECRET is not set; set it; the flow stays as it is";
    assert!(missing.out.contains(why), "{}", missing.out);

    let plan = with_credentials(&clone, &[EMULATED, &["--dry-run"]].concat());
    let row = r#"begin /configuration/p: "high" (from cx.priority)"#;
    assert!(plan.out.contains(row), "{}{}", plan.out, plan.err);
    assert_eq!(plan.code, Some(0));
    assert!(!format!("{}{}", plan.out, plan.err).contains("hunter2"));
    assert!(seen.join().expect("a request").contains("x-api-key: hunter2\r\n"));

    let down = with_credentials(&clone, EMULATED);
    assert_eq!(down.code, Some(1), "{}{}", down.out, down.err);
    assert!(down.out.contains("cannot reach 127.0.0.1"), "{}", down.out);
}

/// Commits all, as whoever runs git.
fn commit_in(folder: &Path) {
    for command in [&["add", "--all"][..], &["commit", "--quiet", "--message", "all"]] {
        let mut git = isolated("git");
        git.args(["-c", "user.name=Ada", "-c", "user.email=ada@bank.example"]).args(command);
        assert!(git.current_dir(folder).status().expect("git runs").success(), "{command:?}");
    }
}

#[test]
fn a_new_project_is_valid_reconciles_and_is_never_written_over() {
    let folder = TempDir::new().expect("a folder");
    let made = flowgate(folder.path(), &["init", "Front desk"]);
    assert_eq!(made.code, Some(0), "{}", made.err);
    assert!(made.out.contains("\n.gitlab-ci.yml\n") && made.out.contains("flowgate.yaml"));
    assert!(made.err.contains("flowgate reconcile -e development --emulator"), "{}", made.err);
    let project = folder.path().join("Front desk");
    for file in made.out.lines() {
        assert!(project.join(file).is_file(), "{file}");
    }
    let valid = flowgate(&project, &["validate"]);
    assert_eq!(
        (valid.code, valid.err.as_str()),
        (Some(0), "1 resource is valid\n"),
        "{}",
        valid.out
    );
    commit_in(&project);
    let ran = flowgate(&project, EMULATED);
    assert!(ran.out.contains("Created  Flow/welcome  1.0.0"), "{}{}", ran.out, ran.err);
    let status = isolated("git").args(["branch", "--show-current"]).current_dir(&project).output();
    assert_eq!(status.expect("git runs").stdout, b"main\n");

    std::fs::write(project.join("README.md"), "ours").expect("a file");
    std::fs::remove_file(project.join(".gitattributes")).expect("a file");
    flowgate(&project, &["init"]).fails_with("nothing was written: README.md; ");
    assert!(!project.join(".gitattributes").exists());
}

#[test]
fn a_project_in_a_subfolder_has_its_ci_files_at_the_root() {
    let clone = Clone::empty();
    clone.write("README.md", "ours");
    let made = clone.run(&["init", "teams/care", "--target-environment", "STAGING"]);
    assert_eq!(made.code, Some(0), "{}", made.err);
    assert!(made.out.contains("\n.gitlab-ci.yml\n"), "{}", made.out);
    assert!(made.out.contains("\nteams/care/flows/welcome.yaml"), "{}", made.out);
    let ci = std::fs::read_to_string(clone.path().join(".github/workflows/flowgate.yml"));
    assert!(ci.expect("a file").contains("flowgate reconcile teams/care -e staging"));
    let none = clone.run(&["init", "teams/sales", "--no-ci"]);
    assert_eq!(none.code, Some(0), "{}", none.err);
    assert!(!none.out.contains("gitlab"), "{}", none.out);
}

#[test]
fn a_tenant_comes_into_git_and_is_taken_over_without_a_change() {
    let clone = Clone::new();
    assert_eq!(clone.run(EMULATED).code, Some(0));
    // Somebody else begins, with the tenant alone.
    clone.git(&["rm", "--quiet", "-r", "flows"]);
    clone.git(&["update-ref", "-d", "refs/flowgate/state/development"]);
    let other =
        PROJECT.replace("{name: bank}", "{name: other}").replace("URL", "https://a.example");
    clone.write("flowgate.yaml", &other);
    let command = ["export", "-e", "development", "--emulator"];
    let ran = clone.run(&command);
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), "Flow/welcome  flows/welcome.yaml\n"));
    assert_eq!(ran.err, "1 resource of sandbox in 1 file\n");
    clone.commit();
    let dry = [EMULATED, &["--adopt", "--dry-run", "--detailed-exitcode"]].concat();
    let planned = clone.run(&dry);
    assert_eq!(planned.code, Some(0), "{}", planned.err);
    let summary = "Nothing to change: 1 resource is taken over as it is.";
    assert!(planned.out.contains(summary), "{}", planned.out);
    let taken = clone.run(&[EMULATED, &["--adopt"]].concat());
    assert!(taken.out.contains("Adopted") && taken.out.contains(" 0 writes"), "{}", taken.out);
    assert!(clone.run(EMULATED).out.starts_with("Nothing to do"));

    clone.write("flows/welcome.yaml", "# ours\n");
    let refused = clone.run(&command);
    refused.fails_with("nothing was written: flows/welcome.yaml; move them away, or write over");
    let forced = clone.run(&[&command[..], &["--force", "--format", "json"]].concat());
    let document: serde_json::Value = serde_json::from_str(&forced.out).expect("JSON");
    assert_eq!(document["exported"][0]["path"], "flows/welcome.yaml");
    assert_eq!(clone.git(&["status", "--porcelain"]), "");
    let elsewhere = clone.run(&[&command[..], &["--out", "copy"]].concat());
    assert_eq!(elsewhere.code, Some(0), "{}", elsewhere.err);
    let read = |path: &str| std::fs::read(clone.path().join(path)).expect("a file");
    assert_eq!(read("copy/flows/welcome.yaml"), read("flows/welcome.yaml"));
}

#[test]
fn a_new_project_can_begin_with_a_tenant_over_the_network() {
    let clone = Clone::new();
    clone.run(EMULATED);
    let served = Served::start(&clone.path().join(".git/flowgate/emulator/sandbox"));
    let folder = TempDir::new().expect("a folder");
    let init = ["init", "new", "--from-tenant", "--base-url"];
    let url = format!("http://{}", served.address);
    let command = [&init[..], &[url.as_str()]].concat();
    flowgate(folder.path(), &command)
        .fails_with("the environment variable CXONE_CLIENT_ID is not set");
    assert!(!folder.path().join("new").exists());
    assert_eq!(flowgate(folder.path(), &init[..3]).code, Some(64));
    let mut run = isolated(FLOWGATE);
    run.env("CXONE_CLIENT_ID", "id").env("CXONE_CLIENT_SECRET", "secret");
    let ran: Ran = run.args(command).current_dir(folder.path()).output().expect("runs").into();
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.err.contains("--adopt --dry-run"), "{}", ran.err);
    assert_eq!(flowgate(&folder.path().join("new"), &["validate"]).code, Some(0));
    let flow = std::fs::read_to_string(folder.path().join("new/flows/welcome.yaml"));
    assert!(flow.expect("a file").contains("type: Begin"));
}
