//! Flows as people write them: menus, queues, agents, prompts of a sentence or two.

use std::fmt::Write;

/// The only tenant.
pub(super) const TENANT: &str = "acme";

const PROJECT: &str = r#"apiVersion: flowgate.dev/v1
kind: Project
metadata: {name: acme-contact-centre}
spec:
  paths: [flows]
  tenants:
    - name: acme
      baseUrl: http://127.0.0.1:8700
      credentials: {clientIdEnv: CXONE_CLIENT_ID, clientSecretEnv: CXONE_CLIENT_SECRET}
  environments:
    - name: production
      tenant: acme
      targetEnvironment: PRODUCTION
      values:
        greeting: "Welcome to Acme."
        queuePrefix: ACM
        maxWaitSeconds: 900
"#;

/// The elements of a topic: a menu, its queue, its agents, and what is said when nobody is free.
const TOPIC: usize = 4;

/// Returns the files of a flows folder by path: `flowgate.yaml`, and a file a flow.
///
/// The flows differ in their texts. Each has `Begin`, `End` and as many topics as fit, and refers
/// to the environment's values.
pub(super) fn files(flows: usize, elements: usize) -> impl Iterator<Item = (String, String)> {
    let flow =
        move |n: usize| (format!("flows/team-{:02}/line-{n:04}.yaml", n % 20), flow(n, elements));
    [("flowgate.yaml".to_owned(), PROJECT.to_owned())].into_iter().chain((0..flows).map(flow))
}

fn flow(n: usize, elements: usize) -> String {
    let topics = elements.saturating_sub(2) / TOPIC;
    let mut text = head(n);
    for topic in 1..=topics {
        push_elements(&mut text, n, topic);
    }
    text.push_str("    - {id: end, type: End}\n  connectors:\n");
    push_connector(&mut text, "begin", "menu-01", None);
    for topic in 1..=topics {
        let next = if topic < topics { format!("menu-{:02}", topic + 1) } else { "end".into() };
        push_connectors(&mut text, topic, &next);
    }
    text
}

fn head(n: usize) -> String {
    format!(
        r#"# Line {n} of the contact centre. Owned by team {team:02}; ask there before changing a prompt.
apiVersion: flowgate.dev/v1
kind: Flow
metadata:
  name: line-{n:04}
  labels: {{team: team-{team:02}, channel: voice}}
spec:
  displayName: Line {n:04}
  description: Sorts the callers of line {n} by what they need, and finds them a colleague
  elements:
    - id: begin
      type: Begin
      configuration:
        channel: voice
        entryPoints: ["+4416329{n:05}"]
        greeting: "${{values.greeting}}"
        language: en-GB
"#,
        team = n % 20,
    )
}

fn push_elements(text: &mut String, n: usize, topic: usize) {
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        r#"    - id: menu-{topic:02}
      type: IVR
      configuration:
        prompt: >-
          For help with topic {topic} of line {n}, press 1. To hear what else we can do for you, press 2.
          You can say "help" at any time.
        menu:
          "1": This topic
          "2": Another one
        timeoutSeconds: {timeout}
        retries: 2
        bargeIn: true
    # Callers who were here this week keep their place.
    - id: queue-{topic:02}
      type: Queue
      configuration:
        queue: "${{values.queuePrefix}}-{n:04}-{topic:02}"
        skills: [english, topic-{topic}]
        priority: {priority}
        music: acme-hold
        maxWaitSeconds: "${{values.maxWaitSeconds}}"
        announcePosition: {{everySeconds: 45, from: 2}}
    - id: agent-{topic:02}
      type: Agent
      configuration:
        whisper: "Line {n}, topic {topic}."
        screenPop: customer
        wrapUpSeconds: 30
    - id: sorry-{topic:02}
      type: IVR
      configuration:
        prompt: >-
          I'm sorry, nobody who knows about topic {topic} is free at the moment. We call you back today,
          on the number you are calling from. You don't need to do anything.
        language: en-GB
"#,
        timeout = 5 + (n + topic) % 5,
        priority = 1 + (n + topic) % 9,
    );
}

fn push_connectors(text: &mut String, topic: usize, next: &str) {
    let of = |part: &str| format!("{part}-{topic:02}");
    push_connector(text, &of("menu"), &of("queue"), Some("1"));
    push_connector(text, &of("menu"), next, Some("2"));
    push_connector(text, &of("queue"), &of("agent"), Some("answered"));
    push_connector(text, &of("queue"), &of("sorry"), Some("timeout"));
    push_connector(text, &of("agent"), "end", None);
    push_connector(text, &of("sorry"), "end", None);
}

fn push_connector(text: &mut String, source: &str, target: &str, label: Option<&str>) {
    let label = label.map(|label| format!(", label: \"{label}\"")).unwrap_or_default();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "    - {{sourceId: {source}, targetId: {target}{label}}}");
}
