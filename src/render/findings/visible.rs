//! Text that stays what it looks like.

/// The most characters of a message, hint or label that are shown.
const LONGEST: usize = 500;

/// Returns a text on one line, without characters that act on a terminal or cannot be seen.
///
/// Each character stands for one of the original, so that columns stay right.
pub(super) fn visible(text: &str) -> String {
    text.chars().map(stand_in).collect()
}

/// Returns what [`visible`] does for a quoted line, which keeps its tabs.
pub(super) fn visible_line(line: &str) -> String {
    line.chars().map(|c| if c == '\t' { c } else { stand_in(c) }).collect()
}

/// Returns what [`visible`] does, cut off where nobody reads on.
pub(super) fn short(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => visible(&text[..end]) + "…",
        None => visible(text),
    }
}

fn stand_in(c: char) -> char {
    match c {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '␡',
        _ if is_hidden(c) => '\u{fffd}',
        _ => c,
    }
}

/// Tells whether a character controls a terminal, turns the direction of the text around it, or
/// takes no space by itself: format characters, fillers and separators of Unicode 16.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}'
        | '\u{ad}'
        | '\u{34f}'
        | '\u{600}'..='\u{605}'
        | '\u{61c}'
        | '\u{6dd}'
        | '\u{70f}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}
