//! What scripts write to the console.

const LINES: usize = 1_000;
const BYTES: usize = 64 * 1024;

/// The lines of a run's console, up to a limit.
#[derive(Debug, Default)]
pub(super) struct Logs {
    lines: Vec<String>,
    bytes: usize,
    full: bool,
}

impl Logs {
    /// Adds a text, line by line, and returns whether there is room for more. The first line that
    /// has no room is replaced by a note, and what follows is dropped.
    pub(super) fn add(&mut self, text: &str) -> bool {
        for line in text.split('\n') {
            if self.full {
                break;
            }
            self.add_line(line.trim_end_matches('\r'));
        }
        !self.full
    }

    fn add_line(&mut self, line: &str) {
        self.bytes += line.len();
        self.full = self.lines.len() == LINES || self.bytes > BYTES;
        let line = if self.full { "… more console output was dropped" } else { line };
        self.lines.push(line.to_owned());
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.lines.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_beyond_the_limit_become_one_note() {
        let mut logs = Logs::default();
        logs.add(&"x\n".repeat(LINES + 5));
        logs.add("later");
        assert_eq!(logs.lines().len(), LINES + 1);
        assert_eq!(logs.lines()[LINES], "… more console output was dropped");
    }

    #[test]
    fn bytes_beyond_the_limit_become_one_note() {
        let mut logs = Logs::default();
        logs.add("first");
        logs.add(&"x".repeat(BYTES));
        logs.add("later");
        assert_eq!(logs.lines(), ["first", "… more console output was dropped"]);
    }

    #[test]
    fn an_entry_holds_no_line_break() {
        let mut logs = Logs::default();
        logs.add("a\r\nb\n");
        assert_eq!(logs.lines(), ["a", "b", ""]);
    }
}
