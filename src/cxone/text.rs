//! What a tenant said, on its way to people.

use crate::model::Secret;

/// The longest text of a tenant that an error shows, in characters.
const SHOWN: usize = 200;
/// How much of a body is looked at for an excerpt, in bytes.
const LOOKED_AT: usize = 8 * 1024;

/// Returns a text fit for an error: one line, at most 200 characters, no control characters, no
/// tags if it is HTML, and `***` in place of each of `hidden`.
pub(super) fn plain(text: &str, hidden: &[Secret]) -> String {
    let text = hide(text, hidden);
    let text = if is_html(&text) { without_tags(&text) } else { text };
    shortened(&on_one_line(&text))
}

/// Returns the beginning of a body, fit for an error.
pub(super) fn excerpt(body: &[u8], hidden: &[Secret]) -> String {
    let head = &body[..body.len().min(LOOKED_AT)];
    plain(&String::from_utf8_lossy(head), hidden)
}

/// Tells whether a text looks like HTML or XML.
pub(super) fn is_html(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim_start().starts_with('<')
}

fn hide(text: &str, hidden: &[Secret]) -> String {
    let known = hidden.iter().map(Secret::expose).filter(|secret| !secret.is_empty());
    known.fold(text.to_owned(), |text, secret| text.replace(secret, "***"))
}

fn without_tags(text: &str) -> String {
    let mut inside = false;
    let outside = text.chars().map(|c| {
        let tag = inside || c == '<';
        inside = tag && c != '>';
        if tag { ' ' } else { c }
    });
    outside.collect()
}

fn on_one_line(text: &str) -> String {
    let visible = |c: char| if is_unseen(c) { ' ' } else { c };
    let text: String = text.chars().map(visible).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Control characters, and those that turn the direction of a terminal's text.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_a_tenant_are_made_fit_for_a_line() {
        let table = [
            ("", ""),
            ("two\r\nlines", "two lines"),
            ("\u{1b}[31mred\u{1b}[0m", "[31mred [0m"),
            ("<html><title>Down</title>\n<p>for <b>now</b>", "Down for now"),
            ("a < b", "a < b"),
            ("right\u{202e}left", "right left"),
            ("the secret is hunter2!", "the secret is ***!"),
        ];
        for (text, shown) in table {
            assert_eq!(plain(text, &[Secret::new("hunter2"), Secret::new("")]), shown);
        }
    }

    #[test]
    fn an_excerpt_of_any_size_is_short() {
        assert_eq!(excerpt(&vec![b'x'; 10_000_000], &[]).chars().count(), SHOWN + 1);
        assert_eq!(excerpt(b"\xff\xfe ok", &[]), "\u{fffd}\u{fffd} ok");
    }
}
