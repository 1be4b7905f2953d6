//! How long the tests of data actions take, on every core.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use divan::{Bencher, black_box};
use flowgate::controller::trials::{self, Actions};
use flowgate::manifest::{self, Content, File};
use flowgate::model::TrialOutcome;
use flowgate::sandbox::Limits;

fn main() {
    divan::main();
}

const PROJECT: &str = "\
apiVersion: flowgate.dev/v1
kind: Project
metadata: {name: acme}
spec:
  tenants: [{name: acme, baseUrl: https://api.nicecxone.com}]
  environments: [{name: production, tenant: acme, targetEnvironment: PRODUCTION}]
";

/// Formats the caller's number; the action that the others may call.
const FORMAT: &str = "\
---
apiVersion: flowgate.dev/v1
kind: DataAction
metadata: {name: format}
spec:
  script:
    content: |
      function main({ input }) {
        return String(input).replace(/\\D/g, '').padStart(10, '0');
      }
";

/// What the script of a case does besides its own work.
#[derive(Debug, Clone, Copy)]
enum Shape {
    /// Nothing.
    Alone,
    /// It calls another script once.
    Calling,
}

/// A hundred data actions of ten cases each.
fn actions(shape: Shape) -> Actions {
    let mut text = FORMAT.to_owned();
    let (dependencies, number) = match shape {
        Shape::Alone => ("", "String(input.number)"),
        Shape::Calling => ("format", "context.actions.format(input.number)"),
    };
    for action in 0..100 {
        // Writing to a text cannot fail.
        let _ = write!(
            text,
            "---
apiVersion: flowgate.dev/v1
kind: DataAction
metadata: {{name: action-{action}}}
spec:
  dependencies: [{dependencies}]
  script:
    content: |
      const TIERS = [[10000, 'gold'], [1000, 'silver'], [0, 'bronze']];
      function main(context) {{
        const {{ input }} = context;
        const [, tier] = TIERS.find(([least]) => input.balance >= least);
        return {{ tier, number: {number}, greeting: `Welcome, ${{input.name}}` }};
      }}
  tests:
"
        );
        for case in 0..10 {
            let _ = writeln!(
                text,
                "    - {{name: case {case}, input: {{balance: 50{case}, name: Ada, number: '0123456789'}}, \
                 expect: {{output: {{tier: bronze, number: '0123456789', greeting: 'Welcome, Ada'}}}}}}"
            );
        }
    }
    resolved(&text)
}

fn resolved(text: &str) -> Actions {
    let file = |path: &str, text: &str| File {
        path: path.to_owned(),
        content: Content::Bytes(text.as_bytes().to_vec()),
    };
    let project = manifest::project(file("flowgate.yaml", PROJECT)).expect("a project");
    let parsed = Arc::new(manifest::parse(file("data-actions/all.yaml", text)));
    let environment = &project.project.environments[0];
    let resolved = manifest::resolve(&[parsed], &BTreeMap::new(), &project, environment);
    assert_eq!(resolved.findings, []);
    resolved.declared.data_actions
}

/// Wanted: at most one second on two cores.
#[divan::bench(args = [Shape::Alone, Shape::Calling], sample_count = 10)]
fn run_1000_cases(bencher: Bencher, shape: Shape) {
    let actions = actions(shape);
    let cases: Vec<_> = trials::cases(&actions).collect();
    let run = || trials::run(black_box(&actions), black_box(&cases), &Limits::default());
    let passed = |outcome: &TrialOutcome| *outcome == TrialOutcome::Passed;
    let first = run();
    assert!(
        first.len() == 1_000 && first.iter().all(|trial| passed(&trial.outcome)),
        "{:?}",
        first[0]
    );
    bencher.bench(run);
}
