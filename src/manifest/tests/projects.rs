use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::json;

use crate::model::{
    ClientAuth, Code, Credential, Gate, Kind, Limit, Limits, Prune, ResourceId, SourceField,
    SourceType, Strategy, ValueSource,
};

use super::super::missing_project;
use super::{assert_found, lines, project_with, read_project, unmark};

const DESIGN: &str = include_str!("project.yaml");

#[test]
fn everything_that_a_project_says_is_read() {
    let project = read_project(DESIGN).map_err(|findings| lines(&findings)).unwrap().project;
    assert_eq!(project.name, "acme-contact-centre");
    assert_eq!(project.paths, ["flows", "data-actions"]);
    assert!(project.element_types.contains("set-variable"));
    let sandbox = project.tenant("acme-sandbox").unwrap();
    assert_eq!(sandbox.base_url, "https://us-1.api.nicecxone.com");
    assert_eq!(sandbox.client_auth, ClientAuth::Form);
    assert_eq!((sandbox.requests_per_second, sandbox.insecure), (100, false));
    assert_eq!(sandbox.client_id, None);
    let acme = project.tenant("acme").unwrap();
    assert_eq!(acme.client_auth, ClientAuth::Basic);
    assert_eq!(acme.scopes, ["flow:read", "flow:write"]);
    assert_eq!(acme.requests_per_second, 20);
    assert_eq!(acme.client_id, Some(Credential::Env("CXONE_CLIENT_ID".to_owned())));
    assert_eq!(acme.client_secret, Some(Credential::File("/run/secrets/cxone".into())));
    let staging = project.environment("staging").unwrap();
    assert_eq!(staging.strategy, Strategy::Deploy);
    assert!(staging.rollback_on_failure && staging.gates.is_empty());
    assert_eq!(staging.limits, Limits { updates: None, deletes: None, from: 10 });
    assert_eq!(staging.prune, Prune::Never);
    let production = project.environment("production").unwrap();
    assert_eq!(production.promotes_from.as_deref(), Some("staging"));
    assert_eq!(production.gates, [Gate::Tests, Gate::Approval]);
    assert_eq!(production.prune, Prune::Owned);
    let limits =
        Limits { updates: Some(Limit::Percent(30)), deletes: Some(Limit::Count(5)), from: 20 };
    assert_eq!(production.limits, limits);
    let protected = [
        ResourceId::data_store("Customers"),
        ResourceId::data_action("Customer_Lookup"),
        ResourceId::flow("customer-routing"),
    ];
    assert_eq!(production.protect, BTreeSet::from(protected));
    assert_eq!(production.manages, BTreeSet::from([Kind::Flow]));
    assert_eq!(staging.manages, Kind::ALL.iter().copied().collect());
    let external = [ResourceId::data_action("legacy-lookup"), ResourceId::data_store("crm")];
    assert_eq!(project.external, BTreeSet::from(external));
    assert_eq!(production.values["greeting"], json!("Welcome ${values.x}"));
    assert_eq!(production.values["retries"], json!({"count": 3}));
}

#[test]
fn a_project_has_defaults() {
    let project = read_project(&project_with("")).unwrap().project;
    assert_eq!(project.paths, ["flows", "data-actions", "data-stores"]);
    assert_eq!(project.element_types.len(), 8);
    assert_eq!(project.external, BTreeSet::new());
    assert_eq!(project.environments[0].branch, None);
}

#[test]
fn what_is_wrong_with_an_environment_is_found_where_it_stands() {
    let table = [
        ("unknown-key", "«promoteFrom»: x"),
        ("bad-value", "strategy: «deployed»"),
        ("bad-value", "drift: «ignore»"),
        ("bad-value", "windows: «[»]"),
        ("missing-field", "windows: [«{»allow: 'Mon 09:00-10:00'}]"),
        ("unknown-key", "windows: [{«deny»: x, allow: 'Mon 09:00-10:00', timezone: UTC}]"),
        ("bad-value", "windows: [{allow: «'Mon'», timezone: UTC}]"),
        ("bad-value", "windows: [{allow: «'Mo 09:00-10:00'», timezone: UTC}]"),
        ("bad-value", "windows: [{allow: «'Mon- 09:00-10:00'», timezone: UTC}]"),
        ("bad-value", "windows: [{allow: «'Mon 9:00-10:00'», timezone: UTC}]"),
        ("bad-value", "windows: [{allow: «'Mon 09:00-24:01'», timezone: UTC}]"),
        ("bad-value", "windows: [{allow: «'Mon 09:60-10:00'», timezone: UTC}]"),
        ("bad-value", "windows: [{allow: «'Mon 24:00-10:00'», timezone: UTC}]"),
        ("bad-value", "windows: [{allow: «'Mon 09:00-09:00'», timezone: UTC}]"),
        ("wrong-type", "windows: [{allow: «9», timezone: UTC}]"),
        ("bad-value", "windows: [{allow: 'Mon 09:00-10:00', timezone: «Europe/Berln»}]"),
        ("bad-value", "windows: [{allow: 'Mon 09:00-10:00', timezone: «''»}]"),
        ("missing-field", "versions: «{»}"),
        ("bad-value", "versions: {keep: «3»}"),
        ("bad-value", "versions: {keep: «50»}"),
        ("wrong-type", "versions: «10»"),
        ("bad-value", "manages: «[»]"),
        ("wrong-type", "manages: «flows»"),
        ("bad-value", "manages: [flows, «dataActoins»]"),
        ("bad-value", "gates: [«test»]"),
        ("bad-value", "gates: [tests, «tests»]"),
        ("wrong-type", "gates: «tests»"),
        ("wrong-type", "rollbackOnFailure: «\"true\"»"),
        ("wrong-type", "prune: «yes»"),
        ("bad-value", "limits: {updates: «130%»}"),
        ("bad-value", "limits: {updates: «half»}"),
        ("bad-value", "limits: {updates: «+5%»}"),
        ("bad-value", "limits: {deletes: «-1»}"),
        ("wrong-type", "limits: {deletes: «1.5»}"),
        ("wrong-type", "limits: {deletes: «[»]}"),
        ("number-too-large", "limits: {from: «99999999999999999999»}"),
        ("unknown-key", "limits: {«update»: 5}"),
        ("bad-value", "protect: [«DataAction/x»]"),
        ("bad-value", "protect: [«DataStore/a..b»]"),
        ("bad-value", "protect: [«Queue/abc»]"),
        ("wrong-type", "protect: [«5»]"),
        ("bad-value", "protect: [«customer-routing»]"),
        ("bad-value", "protect: [«Flow/A B»]"),
        ("bad-value", "branch: «a..b»"),
        ("bad-name", "values: {«a b»: 1}"),
        ("unknown-key", "values: {«<<»: {a: 1}}"),
        ("number-too-large", "values: {a: [«9007199254740992»]}"),
        ("unknown-reference", "promotesFrom: «d»"),
        ("promotion-order", "promotesFrom: «e»"),
        ("missing-field", "sources: {s: «{»url: 'https://a.b/c?d'}}"),
        ("bad-value", "sources: {s: {url: «'ftp://a'», fields: {f: json}}}"),
        ("wrong-type", &source("fields: {f: «1»}")),
        ("bad-value", &source("fields: {f: «text»}")),
        ("bad-value", &source("fields: «{»}")),
        ("missing-field", &source("fields: {f: «{»pointer: /a}}")),
        ("bad-value", &source("fields: {f: {type: json, pointer: «a/b»}}")),
        ("bad-value", &source("fields: {f: json}, timeoutSeconds: «0»")),
        ("bad-value", &source("fields: {f: json}, timeoutSeconds: «61»")),
        ("bad-value", "sources: {s: {url: «'http://a.b'», fields: {f: json}}}"),
        ("bad-value", "sources: {s: {url: «'https://u:p@a.b'», fields: {f: json}}}"),
        ("bad-name", "sources: {«a b»: {url: 'https://a.b', fields: {f: json}}}"),
        ("unknown-key", &source("fields: {f: json}, «timeout»: 5")),
        ("wrong-type", &source("fields: {f: json}, headers: {X-Api-Key: «hunter2»}")),
        ("bad-value", &source("fields: {f: json}, headers: {X-Api-Key: {env: «'Bearer x'»}}")),
        ("missing-field", &source("fields: {f: json}, headers: {X-Api-Key: «{»}}")),
        ("bad-value", &source("fields: {f: json}, headers: {X-Api-Key: {env: A, «file»: b}}")),
        ("bad-name", &source("fields: {f: json}, headers: {«'a b'»: {env: A}}")),
        ("bad-name", &source("fields: {f: json}, headers: {«Host»: {env: A}}")),
        ("bad-value", &source("fields: {f: json}, headers: {x-a: {env: A}, «X-A»: {env: B}}")),
    ];
    for (codes, marked) in table {
        let (text, spans) = unmark(&project_with(marked));
        let findings = read_project(&text).expect_err(&text);
        assert_found(&findings, codes, &spans, &text);
    }
}

/// An environment's source with these keys besides its address.
fn source(keys: &str) -> String {
    format!("sources: {{s: {{url: 'https://a.b', {keys}}}}}")
}

#[test]
fn a_source_is_read_with_its_defaults_and_its_secrets_stay_outside() {
    let keys = "fields: {a/b: number, c: {type: json, pointer: /x/y}}, timeoutSeconds: 9,
  headers: {X-Api-Key: {env: KEY}, authorization: {file: /run/token}}";
    let project = read_project(&project_with(&source(keys))).expect("sound").project;
    let found = &project.environments[0].sources["s"];
    let field = |pointer: &str, value_type| SourceField { pointer: pointer.to_owned(), value_type };
    let expected = ValueSource {
        url: "https://a.b".to_owned(),
        fields: BTreeMap::from([
            ("a/b".to_owned(), field("/a~1b", SourceType::Number)),
            ("c".to_owned(), field("/x/y", SourceType::Json)),
        ]),
        timeout: Duration::from_secs(9),
        headers: BTreeMap::from([
            ("x-api-key".to_owned(), Credential::Env("KEY".to_owned())),
            ("authorization".to_owned(), Credential::File("/run/token".into())),
        ]),
    };
    assert_eq!(*found, expected);
    let plain = read_project(&project_with(&source("fields: {f: string}"))).expect("sound").project;
    assert_eq!(plain.environments[0].sources["s"].timeout, Duration::from_secs(5));
}

#[test]
fn what_stands_where_a_secret_is_named_is_never_repeated() {
    for header in ["hunter2", "{env: 'hunter2 x'}", "[hunter2]"] {
        let keys = format!("fields: {{f: json}}, headers: {{X-Api-Key: {header}}}");
        let findings = read_project(&project_with(&source(&keys))).expect_err("a secret");
        assert!(!super::lines(&findings).contains("hunter2"), "{}", super::lines(&findings));
    }
}

fn with_parts(paths: &str, tenant: &str, environments: &str) -> String {
    format!(
        "apiVersion: flowgate.dev/v1\nkind: Project\nmetadata: {{name: p}}\nspec:\n  paths: {paths}\n  \
         tenants:\n    - {tenant}\n  environments:\n    {environments}\n"
    )
}

const TENANT: &str = "{name: t, baseUrl: 'https://t.example.com'}";
const ENVIRONMENT: &str = "- {name: e, tenant: t, targetEnvironment: X}";

#[test]
fn what_is_wrong_with_a_tenant_is_found_where_it_stands() {
    let table = [
        ("missing-field", "«{»name: t}"),
        ("bad-value", "{name: t, baseUrl: «t.example.com»}"),
        ("bad-value", "{name: t, baseUrl: «'http://t.example.com'»}"),
        ("bad-value", "{name: t, baseUrl: «'https://t.example.com?x=1'»}"),
        ("bad-value", "{name: t, baseUrl: 'https://t.example.com', tokenUrl: «/oauth/token»}"),
        ("bad-value", "{name: t, baseUrl: 'https://t.example.com', clientAuth: «digest»}"),
        ("bad-value", "{name: t, baseUrl: 'https://t.example.com', requestsPerSecond: «0»}"),
        ("wrong-type", "{name: t, baseUrl: 'https://t.example.com', scopes: «a b»}"),
        ("bad-value", "{name: t, baseUrl: 'https://t.example.com', scopes: [«a b»]}"),
        (
            "missing-field",
            "{name: t, baseUrl: 'https://t.example.com', credentials: «{»clientIdEnv: A}}",
        ),
        (
            "bad-value",
            "{name: t, baseUrl: 'https://t.example.com', credentials: \
             {clientIdEnv: A, «clientIdFile»: b, clientSecretEnv: C}}",
        ),
        (
            "bad-value",
            "{name: t, baseUrl: 'https://t.example.com', credentials: \
             {clientIdEnv: A, clientSecretEnv: «hunter-2»}}",
        ),
        (
            "unknown-key missing-field".split(' ').next().unwrap(),
            "{name: t, baseUrl: 'https://t.example.com', «token»: x}",
        ),
    ];
    for (codes, marked) in table {
        let (text, spans) = unmark(&with_parts("[flows]", marked, ENVIRONMENT));
        let findings = read_project(&text).expect_err(&text);
        assert_found(&findings, codes, &spans, &text);
    }
}

#[test]
fn a_pasted_secret_is_not_repeated() {
    let tenant = "{name: t, baseUrl: 'https://t.example.com', credentials: \
                  {clientIdEnv: A, clientSecretEnv: hunter-2}}";
    let findings = read_project(&with_parts("[flows]", tenant, ENVIRONMENT)).unwrap_err();
    assert!(!lines(&findings).contains("hunter"));
}

#[test]
fn plain_http_needs_loopback_or_consent() {
    for tenant in [
        "{name: t, baseUrl: 'http://localhost:8080/'}",
        "{name: t, baseUrl: 'http://t.example.com', insecure: true}",
    ] {
        assert!(read_project(&with_parts("[flows]", tenant, ENVIRONMENT)).is_ok(), "{tenant}");
    }
}

#[test]
fn paths_stay_within_the_flows_folder() {
    let project = read_project(&with_parts("[./a//b/, .]", TENANT, ENVIRONMENT)).unwrap();
    assert_eq!(project.project.paths, ["a/b", "."]);
    let columns = project.path_locations().map(|paths| paths.map(|path| path.span.column));
    assert_eq!(columns.map(Iterator::collect), Some(vec![11, 20]));
    for marked in ["[«/etc»]", "[«a/../..»]", "[«'a\\b'»]", "[«''»]", "«[»]"] {
        let (text, spans) = unmark(&with_parts(marked, TENANT, ENVIRONMENT));
        assert_found(&read_project(&text).expect_err(&text), "bad-value", &spans, &text);
    }
}

#[test]
fn what_environments_say_about_each_other_must_agree() {
    let table = [
        ("unknown-reference", "- {name: e, tenant: «x», targetEnvironment: X}"),
        (
            "bad-value",
            "- {name: e, tenant: t, targetEnvironment: X}\n    \
             - {name: «e», tenant: t, targetEnvironment: Y}",
        ),
        (
            "promotion-order",
            "- {name: e, tenant: t, targetEnvironment: X}\n    \
             - {name: «f», tenant: t, targetEnvironment: Y}",
        ),
        (
            "promotion-order",
            "- {name: e, tenant: t, targetEnvironment: X, promotesFrom: «f»}\n    \
             - {name: f, tenant: t, targetEnvironment: Y, promotesFrom: g}\n    \
             - {name: g, tenant: t, targetEnvironment: Z, promotesFrom: e}\n    \
             - {name: h, tenant: t, targetEnvironment: U, promotesFrom: e}",
        ),
        ("bad-name", "- {name: «E.1», tenant: t, targetEnvironment: X}"),
        ("missing-field missing-field", "- ««{»»name: e}"),
        ("bad-value", "- {name: e, tenant: t, targetEnvironment: «''»}"),
    ];
    for (codes, marked) in table {
        let (text, spans) = unmark(&with_parts("[flows]", TENANT, marked));
        assert_found(&read_project(&text).expect_err(&text), codes, &spans, &text);
    }
}

#[test]
fn what_git_does_not_declare_is_listed_by_kind_and_name() {
    let sound = project_with("");
    for marked in [
        "«x»",
        "[«legacy-lookup»]",
        "[«Flow/care»]",
        "[«DataAction/a b c»]",
        "[DataStore/crm, «5»]",
    ] {
        let with = sound.replace("spec:\n", &format!("spec:\n  external: {marked}\n"));
        let (text, spans) = unmark(&with);
        let code = if marked.starts_with('«') || marked.contains('5') {
            "wrong-type"
        } else {
            "bad-value"
        };
        assert_found(&read_project(&text).expect_err(&text), code, &spans, &text);
    }
}

/// An environment `name` of tenant `t` with further keys.
fn of_tenant(name: &str, keys: &str) -> String {
    format!("    - {{name: {name}, tenant: t, targetEnvironment: X{keys}}}\n")
}

#[test]
fn the_first_of_a_tenant_manages_everything_and_those_after_it_flows() {
    let environments = [
        of_tenant("later", ", promotesFrom: first"),
        of_tenant("first", ""),
        of_tenant("last", ", promotesFrom: later, manages: [flows]"),
    ];
    let text = with_parts("[flows]", TENANT, environments.concat().trim_start());
    let project = read_project(&text).map_err(|found| lines(&found)).unwrap().project;
    let manages = project.environments.iter().map(|e| e.manages.len()).collect::<Vec<_>>();
    assert_eq!(manages, [1, 3, 1]);
}

#[test]
fn what_a_tenant_has_once_is_managed_by_one_environment() {
    let table = [
        ("", ", manages: «[»flows, dataStores], promotesFrom: a", "shared-kind"),
        (
            ", manages: [dataActions, flows]",
            ", manages: «[»dataActions], promotesFrom: a",
            "shared-kind",
        ),
        (", manages: [flows, dataActions]", ", manages: [flows, dataStores], promotesFrom: a", ""),
        (", manages: [dataActions, dataStores]", ", manages: [flows]", ""),
        (", manages: [dataStores], promotesFrom: b", "", "shared-kind"),
        (", manages: [dataStores]", ", promotesFrom: a", "promotion-order"),
    ];
    for (first, second, code) in table {
        let name = if code.is_empty() || second.contains('«') { "b" } else { "«b»" };
        let environments = of_tenant("a", first) + &of_tenant(name, second);
        let marked = with_parts("[flows]", TENANT, environments.trim_start());
        let (text, spans) = unmark(&marked);
        match read_project(&text) {
            Ok(_) => assert_eq!(code, "", "{text}"),
            Err(findings) => assert_found(&findings, code, &spans, &text),
        }
    }
}

#[test]
fn only_the_owner_of_the_drafts_can_stop_at_them() {
    for strategy in ["draft", "version"] {
        let first = format!(", strategy: {strategy}");
        let second = format!(", strategy: «{strategy}», promotesFrom: a");
        let environments = of_tenant("a", &first) + &of_tenant("b", &second);
        let (text, spans) = unmark(&with_parts("[flows]", TENANT, environments.trim_start()));
        assert_found(&read_project(&text).expect_err(&text), "bad-value", &spans, &text);
    }
}

#[test]
fn a_clash_over_a_kind_names_both_environments() {
    let environments = of_tenant("staging", "")
        + &of_tenant(
            "production",
            ", promotesFrom: staging, manages: [flows, dataActions, dataStores]",
        );
    let text = with_parts("[flows]", TENANT, environments.trim_start());
    insta::assert_snapshot!(lines(&read_project(&text).unwrap_err()), @"flowgate.yaml:10:91 shared-kind: `staging` and `production` would both manage the data actions and data stores of tenant `t` (a tenant has them once: take `dataActions` and `dataStores` out of `manages` of one of the two)");
}

#[test]
fn a_project_needs_tenants_and_environments() {
    let text = "apiVersion: flowgate.dev/v1\nkind: Project\nmetadata: {name: p}\nspec:\n  \
                tenants: []\n  environments: []\n";
    let findings = read_project(text).unwrap_err();
    insta::assert_snapshot!(lines(&findings), @r"
    flowgate.yaml:5:12 bad-value: a project needs a tenant
    flowgate.yaml:6:17 bad-value: a project needs an environment
    ");
}

#[test]
fn there_is_one_project_in_its_file_and_nothing_else() {
    let flow = super::flow("elements: []");
    let project = project_with("");
    let codes = |text: &str| {
        let findings = read_project(text).expect_err(text);
        findings.iter().map(|f| (f.code, f.location.span.line)).collect::<Vec<_>>()
    };
    assert_eq!(codes(""), [(Code::ProjectFile, 1)]);
    assert_eq!(codes(&flow), [(Code::ProjectFile, 2)]);
    assert_eq!(codes(&format!("{project}---\n{flow}")), [(Code::ProjectFile, 12)]);
    assert_eq!(codes(&format!("{project}---\n{project}")), [(Code::ProjectFile, 12)]);
    assert_eq!(missing_project().code, Code::ProjectFile);
}

#[test]
fn windows_are_days_and_times_on_the_clocks_of_a_place() {
    use jiff::civil::Weekday::{Friday, Monday, Saturday, Sunday, Thursday, Tuesday, Wednesday};
    let week = vec![Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday];
    let table = [
        ("Mon-Fri 09:00-16:00", week[..5].to_vec(), 540, 960),
        ("Sat 22:00-06:00", vec![Saturday], 1320, 360),
        ("Mon,Wed,Fri 00:00-24:00", vec![Monday, Wednesday, Friday], 0, 1440),
        ("Mon-Thu,Sat 00:30-00:31", vec![Monday, Tuesday, Wednesday, Thursday, Saturday], 30, 31),
        ("Sat-Mon 09:00-10:00", vec![Saturday, Sunday, Monday], 540, 600),
        ("daily 09:00-00:00", week.clone(), 540, 0),
    ];
    for (allow, days, from, to) in table {
        let keys = format!("windows: [{{allow: '{allow}', timezone: europe/berlin}}]");
        let project = read_project(&project_with(&keys)).expect(allow).project;
        let window = &project.environments[0].windows[0];
        assert_eq!((&window.days, window.from, window.to), (&days, from, to), "{allow}");
        assert_eq!(window.to_string(), format!("{allow} (Europe/Berlin)"));
    }
}

#[test]
fn an_unknown_time_zone_says_which_one_was_meant() {
    let keys = "windows: [{allow: 'Mon 09:00-10:00', timezone: Europe/Berln}]";
    let findings = read_project(&project_with(keys)).expect_err(keys);
    assert_eq!(findings[0].hint.as_deref(), Some("did you mean `Europe/Berlin`?"));
}

#[test]
fn the_owner_of_the_drafts_says_for_its_tenant_how_many_versions_are_kept() {
    let both = |first: &str, second: &str| {
        let environments = format!(
            "- {{name: e, tenant: t, targetEnvironment: X{first}}}\n    \
             - {{name: l, tenant: t, targetEnvironment: Y, promotesFrom: e{second}}}"
        );
        read_project(&with_parts("[a]", TENANT, &environments))
    };
    let project = both(", versions: {keep: 10}", "").expect("a project").project;
    let kept: Vec<_> = project.environments.iter().map(|one| one.keep_versions).collect();
    assert_eq!(kept, [Some(10), Some(10)]);
    let findings = both("", ", versions: {keep: 10}").expect_err("a finding");
    let found: Vec<_> = findings.iter().map(|one| (one.code.as_str(), &one.message)).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].1.contains("`l` does not own the drafts of tenant `t`"), "{found:?}");
}
