//! Places in a script, from the text of an error's stack.

/// The name under which the engine knows the script.
pub(super) const FILE: &str = "script.js";

/// Returns line and column, counted from 1, of the innermost call that is in the script.
///
/// A line of the engine's stack reads `    at main (script.js:3:7)`; that of a syntax error,
/// `    at script.js:3:7`. The engine counts columns in bytes, this function in characters.
pub(super) fn innermost(stack: &str, script: &str) -> Option<(u32, u32)> {
    let place = stack.lines().find_map(|line| place(line.strip_suffix(')').unwrap_or(line)));
    place.map(|(line, column)| (line, in_characters(script, line, column)))
}

fn in_characters(script: &str, line: u32, column: u32) -> u32 {
    let text = script.split('\n').zip(1..).find_map(|(text, at)| (at == line).then_some(text));
    let following = text.unwrap_or_default().bytes().zip(1..column);
    let inside = following.filter(|(byte, _)| (0x80..0xC0).contains(byte)).count();
    column - u32::try_from(inside).unwrap_or_default()
}

/// Returns whether the stack is that of a script which did not compile: nothing was called yet, so
/// it is one place without a function, or for a regular expression no place at all.
pub(super) fn is_of_compilation(stack: &str) -> bool {
    let mut lines = stack.lines();
    let Some(first) = lines.next() else { return true };
    let place = first.trim_start().strip_prefix("at ");
    place.is_some_and(|place| place.starts_with(FILE)) && lines.next().is_none()
}

fn place(frame: &str) -> Option<(u32, u32)> {
    let (rest, column) = frame.rsplit_once(':')?;
    let (rest, line) = rest.rsplit_once(':')?;
    let before = rest.strip_suffix(FILE)?;
    let place = (line.parse().ok()?, column.parse().ok()?);
    before.ends_with(['(', ' ']).then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_frame_of_the_script_counts() {
        for (stack, expected) in [
            ("    at script.js:3:7\n", Some((3, 7))),
            ("    at main (script.js:3:7)\n    at script.js:9:9\n", Some((3, 7))),
            ("    at parse (native)\n    at main (script.js:2:1)\n", Some((2, 1))),
            ("    at f (other-script.js:1:1)\n", None),
            ("    at f (script.js)\n", None),
            ("", None),
        ] {
            assert_eq!(innermost(stack, "short"), expected, "{stack}");
        }
    }

    #[test]
    fn columns_count_characters() {
        let script = "const a = 1\nconst ü = '😀'; missing()";
        assert_eq!(innermost("    at script.js:2:20\n", script), Some((2, 16)));
        assert_eq!(innermost("    at script.js:1:7\n", script), Some((1, 7)));
    }

    #[test]
    fn a_lone_place_is_that_of_a_syntax_error() {
        assert!(is_of_compilation("    at script.js:3:7\n"));
        assert!(!is_of_compilation("    at <eval> (script.js:3:7)\n"));
        assert!(!is_of_compilation("    at script.js:3:7\n    at eval (native)\n"));
        assert!(is_of_compilation(""));
    }
}
