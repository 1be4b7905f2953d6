//! The same work on many items, on all cores.

use std::num::NonZeroUsize;
use std::thread;

use super::Error;

/// Below this many items a further thread costs more than it brings.
const ITEMS_A_THREAD: usize = 32;

/// Applies `each` to every item and returns the results in the items' order.
///
/// Every thread makes one `context`, such as a repository handle, and uses it for all its items.
/// Fails with the error of the first item that failed, in the items' order.
pub(super) fn map<I: Sync, C, T: Send>(
    items: &[I],
    context: impl Fn() -> Result<C, Error> + Sync,
    each: impl Fn(&C, &I) -> Result<T, Error> + Sync,
) -> Result<Vec<T>, Error> {
    let run = |chunk: &[I]| {
        let context = context()?;
        chunk.iter().map(|item| each(&context, item)).collect::<Result<Vec<T>, Error>>()
    };
    let threads = threads(items.len());
    if threads == 1 {
        return run(items);
    }
    let run = &run;
    thread::scope(|scope| {
        let chunks = items.chunks(items.len().div_ceil(threads));
        let running: Vec<_> = chunks.map(|chunk| scope.spawn(move || run(chunk))).collect();
        let mut results = Vec::with_capacity(items.len());
        for thread in running {
            let chunk = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            results.extend(chunk?);
        }
        Ok(results)
    })
}

fn threads(items: usize) -> usize {
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    cores.min(items / ITEMS_A_THREAD).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        for count in [0, 1, 63, 64, 1000] {
            let items: Vec<usize> = (0..count).collect();
            let doubled = map(&items, || Ok(2), |factor, item| Ok(factor * item));
            let expected: Vec<usize> = items.iter().map(|item| item * 2).collect();
            assert_eq!(doubled.expect("no item fails"), expected);
        }
    }

    #[test]
    fn the_first_item_that_fails_is_named() {
        let items: Vec<usize> = (0..1000).collect();
        let result = map(
            &items,
            || Ok(()),
            |(), item| {
                if item % 400 == 399 {
                    return Err(Error::ResourceName { resource: item.to_string() });
                }
                Ok(())
            },
        );
        assert!(matches!(result, Err(Error::ResourceName { resource }) if resource == "399"));
    }
}
