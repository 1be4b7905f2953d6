//! Long texts, as what changed in them.

use similar::{ChangeTag, DiffOp, TextDiff};

use super::escape;
use super::matrix::{Row, Sign};

/// Above this many lines or words a text is not compared, because the comparison would take time
/// that grows with their square.
const MOST_TOKENS: usize = 2_000;
/// Unchanged lines shown around a change.
const CONTEXT_LINES: usize = 2;
/// Unchanged characters shown around a change within a line.
const CONTEXT_CHARACTERS: usize = 24;

/// Returns rows that show what changed between two texts: by line when one has several, else by
/// word in one row, as `git diff --word-diff` does.
pub(super) fn rows(depth: usize, before: &str, after: &str) -> Vec<Row> {
    let multi_line = before.contains('\n') || after.contains('\n');
    let tokens = |text: &str| {
        if multi_line { text.lines().count() } else { text.split_whitespace().count() }
    };
    if tokens(before).max(tokens(after)) > MOST_TOKENS {
        whole(depth, before, after)
    } else if multi_line {
        lines(depth, before, after)
    } else {
        words(depth, before, after)
    }
}

fn whole(depth: usize, before: &str, after: &str) -> Vec<Row> {
    vec![
        Row::new(depth, Sign::Remove, escape::cut(escape::quoted(before))),
        Row::new(depth, Sign::Add, escape::cut(escape::quoted(after))),
    ]
}

fn lines(depth: usize, before: &str, after: &str) -> Vec<Row> {
    let diff = TextDiff::from_lines(before, after);
    let mut rows = Vec::new();
    let mut shown = 0;
    let ends_differ = before.ends_with('\n') != after.ends_with('\n');
    for group in diff.grouped_ops(CONTEXT_LINES) {
        let first = group.first().map_or(0, |op| op.old_range().start);
        if first > shown {
            rows.push(skipped(depth, first - shown));
        }
        shown = group.last().map_or(shown, |op| op.old_range().end);
        let changes = group.iter().flat_map(|op: &DiffOp| diff.iter_changes(op));
        rows.extend(changes.map(|change| line(depth, change.tag(), change.value(), ends_differ)));
    }
    let rest = before.lines().count().saturating_sub(shown);
    if rest > 0 {
        rows.push(skipped(depth, rest));
    }
    rows
}

fn skipped(depth: usize, lines: usize) -> Row {
    let noun = if lines == 1 { "line" } else { "lines" };
    Row::new(depth, Sign::Context, format!("… {lines} {noun}"))
}

fn line(depth: usize, tag: ChangeTag, text: &str, ends_differ: bool) -> Row {
    let sign = match tag {
        ChangeTag::Equal => Sign::Context,
        ChangeTag::Delete => Sign::Remove,
        ChangeTag::Insert => Sign::Add,
    };
    let line = text.strip_suffix('\n').unwrap_or(text);
    let note = if ends_differ && line == text { " (no line break at the end)" } else { "" };
    Row::new(depth, sign, escape::cut(escape::plain(line)) + note)
}

fn words(depth: usize, before: &str, after: &str) -> Vec<Row> {
    let diff = TextDiff::from_words(before, after);
    if diff.ratio() < 0.4 {
        return whole(depth, before, after);
    }
    let mut text = String::from("\"");
    let count = diff.ops().len();
    for (i, op) in diff.ops().iter().enumerate() {
        let (mut same, mut gone, mut new) = (String::new(), String::new(), String::new());
        for change in diff.iter_changes(op) {
            match change.tag() {
                ChangeTag::Equal => same.push_str(change.value()),
                ChangeTag::Delete => gone.push_str(change.value()),
                ChangeTag::Insert => new.push_str(change.value()),
            }
        }
        text.push_str(&shortened(&inside(&same), i == 0, i + 1 == count));
        mark(&mut text, "[-", &gone, "-]");
        mark(&mut text, "{+", &new, "+}");
    }
    text.push('"');
    vec![Row::new(depth, Sign::Change, escape::cut(text))]
}

fn mark(out: &mut String, open: &str, words: &str, close: &str) {
    if !words.is_empty() {
        out.push_str(open);
        out.push_str(&inside(words));
        out.push_str(close);
    }
}

/// Returns a text as it stands inside a JSON string.
fn inside(text: &str) -> String {
    let quoted = escape::quoted(text);
    quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default().to_owned()
}

/// Shortens unchanged text to what stands next to a change.
fn shortened(text: &str, first: bool, last: bool) -> String {
    let characters: Vec<char> = text.chars().collect();
    let head = if first { 0 } else { CONTEXT_CHARACTERS };
    let tail = if last { 0 } else { CONTEXT_CHARACTERS };
    if characters.len() <= head + tail + 1 {
        return text.to_owned();
    }
    let end = characters.len() - tail;
    let (head, tail) = (characters[..head].iter(), characters[end..].iter());
    head.chain(&['…']).chain(tail).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Style;
    use super::*;

    fn drawn(before: &str, after: &str) -> String {
        let style = Style { color: false, width: 80 };
        rows(0, before, after).iter().map(|row| row.text(style)).collect()
    }

    #[test]
    fn lines_are_shown_with_their_neighbours() {
        let lines: Vec<_> = (1..=20).map(|i| format!("line {i}\n")).collect();
        let before = lines.concat();
        let after = before.replace("line 10\n", "line ten\n");
        insta::assert_snapshot!(drawn(&before, &after), @"
          … 7 lines
          line 8
          line 9
        - line 10
        + line ten
          line 11
          line 12
          … 8 lines
        ");
    }

    #[test]
    fn a_missing_line_break_at_the_end_is_named() {
        insta::assert_snapshot!(drawn("a\nb\n", "a\nb"), @"
          a
        - b
        + b (no line break at the end)
        ");
    }

    #[test]
    fn words_are_marked_and_what_is_equal_is_shortened() {
        let before = "Thank you for calling Acme today, please stay on the line until an agent is \
                      free and have your customer number at hand";
        let after = before.replace("agent", "expert").replace("at hand", "ready, please");
        insta::assert_snapshot!(drawn(before, &after), @r#"    ~ "…ay on the line until an [-agent-]{+expert+} is free and have your customer number [-at-]{+ready,+} [-hand-]{+please+}""#);
    }

    #[test]
    fn texts_with_little_in_common_are_shown_whole() {
        insta::assert_snapshot!(drawn("one two three four", "quite another thing"), @r#"
        - "one two three four"
        + "quite another thing"
        "#);
    }

    #[test]
    fn a_text_that_is_too_long_to_compare_is_cut() {
        let (before, after) = ("a ".repeat(100_000), "b ".repeat(100_000));
        assert!(drawn(&before, &after).len() < 2_000);
    }
}
