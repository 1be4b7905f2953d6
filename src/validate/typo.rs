//! Guesses what a misspelt name was meant to be.

/// Names longer than this are not compared: the comparison takes time by the square of the length.
const LONGEST: usize = 64;

/// Names to choose from.
pub(super) struct Candidates<'a> {
    names: Vec<(&'a str, Folded)>,
}

impl<'a> Candidates<'a> {
    /// Prepares names for many look-ups.
    pub(super) fn new(names: impl IntoIterator<Item = &'a str>) -> Self {
        let short = names.into_iter().filter(|name| name.len() <= LONGEST);
        Self { names: short.map(|name| (name, Folded::new(name))).collect() }
    }

    /// Returns how many names one look-up compares.
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// Returns the name that `text` most likely misspells: close enough, and closer than any other.
    ///
    /// Case, dashes, underscores and spaces count as nothing.
    pub(super) fn closest(&self, text: &str) -> Option<&'a str> {
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
    fn enormous_names_are_not_compared() {
        let long = "a".repeat(100_000);
        assert_eq!(closest(&long, &["a"]), None);
    }
}
