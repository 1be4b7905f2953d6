//! Tests in the XML of `JUnit`.

use std::time::Duration;

use super::{reason, text, why_skipped};
use crate::model::{Trial, TrialCounts, TrialOutcome, TrialReport};
use crate::render::{Style, escape};

const PLAIN: Style = Style { color: false, width: 100 };

/// Returns the tests in the XML that CI systems read: a suite for each data action, a case for each
/// of its tests. It ends with a line break.
///
/// It is well-formed XML 1.0, whatever names, errors and console hold.
pub fn junit(report: &TrialReport) -> String {
    let head = head("testsuites", "flowgate", &report.trials, report.elapsed);
    let suites = report.trials.chunk_by(|a, b| a.action == b.action).map(suite);
    let suites: String = suites.collect();
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{head}>\n{suites}</testsuites>\n")
}

fn suite(trials: &[Trial]) -> String {
    let name = trials.first().map_or("", |trial| &trial.action);
    let head = head("testsuite", name, trials, trials.iter().map(|trial| trial.duration).sum());
    let cases: String = trials.iter().map(case).collect();
    format!("  <{head}>\n{cases}  </testsuite>\n")
}

fn head(tag: &str, name: &str, trials: &[Trial], time: Duration) -> String {
    let TrialCounts { failed, skipped, .. } = trials.iter().collect();
    let (name, time) = (attribute("name", name), seconds(time));
    let counts = format!("failures=\"{failed}\" errors=\"0\" skipped=\"{skipped}\"");
    format!("{tag}{name} tests=\"{}\" {counts} time=\"{time}\"", trials.len())
}

fn case(trial: &Trial) -> String {
    let attributes = [
        attribute("classname", &trial.action),
        attribute("name", &trial.case),
        attribute("file", &trial.location.source.path),
        attribute("line", &trial.location.span.line.to_string()),
        attribute("time", &seconds(trial.duration)),
    ];
    let head = format!("    <testcase{}", attributes.concat());
    match content(trial) {
        content if content.is_empty() => format!("{head}/>\n"),
        content => format!("{head}>\n{content}    </testcase>\n"),
    }
}

fn content(trial: &Trial) -> String {
    let ended = match &trial.outcome {
        TrialOutcome::Passed => String::new(),
        TrialOutcome::Failed(mismatch) => {
            let message = attribute("message", &reason(mismatch));
            let body = characters(text::details(mismatch, PLAIN).trim());
            format!("      <failure{message}>{body}</failure>\n")
        }
        TrialOutcome::Skipped { undeclared } => {
            format!("      <skipped{}/>\n", attribute("message", &why_skipped(undeclared)))
        }
    };
    if trial.logs.is_empty() {
        return ended;
    }
    let lines: Vec<_> = trial.logs.iter().map(|line| escape::plain(line)).collect();
    format!("{ended}      <system-out>{}</system-out>\n", characters(&lines.join("\n")))
}

fn seconds(duration: Duration) -> String {
    format!("{:.3}", duration.as_secs_f64())
}

fn attribute(name: &str, value: &str) -> String {
    format!(" {name}=\"{}\"", characters(&escape::plain(value)))
}

/// Writes a text so that XML has it for a text, without the characters that XML 1.0 cannot hold.
fn characters(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'.. => {
                out.push(character);
            }
            _ => out.push('\u{fffd}'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_becomes_one_that_xml_can_hold() {
        let text = "<a href=\"x\">&\u{0}\u{1b}\u{fffe}\u{ffff}\r\n\té👩🚀]]>";
        let kept = "&lt;a href=&quot;x&quot;&gt;&amp;\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\n\té👩🚀]]&gt;";
        assert_eq!(characters(text), kept);
    }
}
