//! Text from tenants and repositories, made safe to show: it moves no cursor, changes no colour
//! and hides nothing.

use std::fmt::Write;

use serde_json::Value;

/// The most characters of one value that are shown on one line.
const LONGEST: usize = 400;

/// Returns the text with every invisible or directional character as an escape.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if is_hidden(character) => push_escape(&mut out, character),
            _ => out.push(character),
        }
    }
    out
}

/// Returns the text as a JSON string that shows every character.
pub(super) fn quoted(text: &str) -> String {
    json(&Value::from(text))
}

/// Returns the value as JSON on one line that shows every character; a long one is cut, and says
/// so.
pub(super) fn value(value: &Value) -> String {
    cut(json(value))
}

/// Returns the value as JSON on one line that shows every character.
pub(super) fn json(value: &Value) -> String {
    plain(&value.to_string())
}

/// Cuts a text that is too long for one line, and says how long it was.
pub(super) fn cut(text: String) -> String {
    match text.char_indices().nth(LONGEST) {
        None => text,
        Some((at, _)) => {
            format!("{}… ({} characters in all)", &text[..at], text.chars().count())
        }
    }
}

fn push_escape(out: &mut String, character: char) {
    // JSON's own escapes, so that what was JSON still is.
    for unit in character.encode_utf16(&mut [0; 2]) {
        // Writing to a string cannot fail.
        let _ = write!(out, "\\u{unit:04x}");
    }
}

/// Tells whether a character is a control, or is drawn as nothing, or turns the direction.
///
/// The joiners U+200C and U+200D stay: scripts and emoji need them.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_shown() {
        let text = "a\u{1b}[31m\u{202e}b\n\u{9b}\u{7f}\u{e0041}é👩\u{200d}🚀";
        insta::assert_snapshot!(plain(text), @r"a\u001b[31m\u202eb\n\u009b\u007f\udb40\udc41é👩‍🚀");
        insta::assert_snapshot!(quoted(text), @r#""a\u001b[31m\u202eb\n\u009b\u007f\udb40\udc41é👩‍🚀""#);
    }

    #[test]
    fn a_long_value_says_how_long_it_is() {
        let shown = value(&Value::from("é".repeat(1000)));
        assert!(shown.ends_with("é… (1002 characters in all)"), "{shown}");
    }
}
