//! Guesses what a misspelt name was meant to be.

use std::collections::HashMap;

/// The most comparisons that guessing takes; after that, names are reported without a guess. Keeps
/// many names that are all wrong from taking time by the square of their number.
const COMPARISONS: usize = 200_000;

/// Names longer than this are not compared: the comparison takes time by the square of the length.
const LONGEST: usize = 64;

/// What misspelt names were meant to be: each is compared once, and only so many are.
pub(super) struct Guesses<'a> {
    candidates: Candidates<'a>,
    made: HashMap<&'a str, Option<&'a str>>,
    left: usize,
}

impl<'a> Guesses<'a> {
    /// Prepares guesses among names.
    pub(super) fn among(names: impl IntoIterator<Item = &'a str>) -> Self {
        let candidates = Candidates::new(names);
        let left = COMPARISONS / candidates.names.len().max(1);
        Self { candidates, made: HashMap::new(), left }
    }

    /// Returns the name that `text` most likely misspells.
    pub(super) fn guess(&mut self, text: &'a str) -> Option<&'a str> {
        if let Some(made) = self.made.get(text) {
            return *made;
        }
        let guess = if self.left > 0 { self.candidates.closest(text) } else { None };
        self.left = self.left.saturating_sub(1);
        self.made.insert(text, guess);
        guess
    }
}

/// Names to choose from.
struct Candidates<'a> {
    names: Vec<(&'a str, Folded)>,
}

impl<'a> Candidates<'a> {
    /// Prepares names for many look-ups.
    fn new(names: impl IntoIterator<Item = &'a str>) -> Self {
        let short = names.into_iter().filter(|name| name.len() <= LONGEST);
        Self { names: short.map(|name| (name, Folded::new(name))).collect() }
    }

    /// Returns the name that `text` most likely misspells: close enough, and closer than any other.
    ///
    /// Case, dashes, underscores and spaces count as nothing.
    fn closest(&self, text: &str) -> Option<&'a str> {
        if text.len() > LONGEST {
            return None;
        }
        let wanted = Folded::new(text);
        let mut best = None;
        let mut bound = wanted.length / 3;
        for (name, folded) in &self.names {
            let Some(distance) = wanted.distance(folded, bound) else { continue };
            let tie = best.is_some() && distance == bound;
            best = Some((*name, tie));
            bound = distance;
        }
        best.and_then(|(name, tie)| (!tie).then_some(name))
    }
}

struct Folded {
    text: String,
    length: usize,
}

impl Folded {
    fn new(name: &str) -> Self {
        let letters = name.chars().filter(|c| !matches!(c, '-' | '_' | ' '));
        let text: String = letters.flat_map(char::to_lowercase).collect();
        let length = text.chars().count();
        Self { text, length }
    }

    /// Returns the number of edits between the two when it is at most `bound`.
    fn distance(&self, other: &Self, bound: usize) -> Option<usize> {
        if self.length.abs_diff(other.length) > bound {
            return None;
        }
        let distance = strsim::osa_distance(&self.text, &other.text);
        (distance <= bound).then_some(distance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closest(text: &str, names: &[&'static str]) -> Option<&'static str> {
        Candidates::new(names.iter().copied()).closest(text)
    }

    #[test]
    fn the_closest_name_is_found_and_nothing_far_off() {
        let types = ["Begin", "End", "IVR", "Queue", "Agent", "set-variable"];
        assert_eq!(closest("begin", &types), Some("Begin"));
        assert_eq!(closest("ivr", &types), Some("IVR"));
        assert_eq!(closest("Qeueu", &types), None);
        assert_eq!(closest("Qeue", &types), Some("Queue"));
        assert_eq!(closest("SetVariable", &types), Some("set-variable"));
        assert_eq!(closest("Callback", &types), None);
        assert_eq!(closest("", &types), None);
    }

    #[test]
    fn of_two_names_that_are_equally_close_none_is_guessed() {
        assert_eq!(closest("step9", &["step1", "step2"]), None);
        assert_eq!(closest("step9", &["step1", "step2", "Step-9"]), Some("Step-9"));
        assert_eq!(closest("lokup", &["lookup", "greet"]), Some("lookup"));
    }

    #[test]
    fn after_very_many_comparisons_no_guess_is_made() {
        let names: Vec<_> = (0..COMPARISONS / 2).map(|n| format!("a-name-{n}")).collect();
        let mut guesses = Guesses::among(names.iter().map(String::as_str).chain(["lookup"]));
        let made: Vec<_> = ["lokup", "lookp"].map(|text| guesses.guess(text)).into();
        assert_eq!(made, [Some("lookup"), None]);
        assert_eq!(guesses.guess("lokup"), Some("lookup"));
    }

    #[test]
    fn enormous_names_are_not_compared() {
        let long = "a".repeat(100_000);
        assert_eq!(closest(&long, &["a"]), None);
    }
}
