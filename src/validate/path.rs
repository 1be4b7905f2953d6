//! Ways through a graph, as people read them.

/// The most steps of a way that are written out.
pub(super) const SHOWN: usize = 12;

/// Writes a way as `a → b → c`; of a long one the beginning and the last step.
pub(super) fn path(steps: &[&str]) -> String {
    const ARROW: &str = " → ";
    if steps.len() <= SHOWN {
        return steps.join(ARROW);
    }
    let (begin, rest) = steps.split_at(SHOWN - 2);
    let left_out = format!("… ({} more)", rest.len() - 1);
    let end = rest.last().copied();
    let shown = begin.iter().copied().chain([left_out.as_str()]).chain(end);
    shown.collect::<Vec<_>>().join(ARROW)
}
