//! The same work on many items, by as many threads as the machine runs at once. The results stand in the order of the items,
//! whoever was first.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Items that a thread takes at once: taking one costs as much as a little work does.
const CHUNK: usize = 8;

/// `work` on each item, the results in the items' order. Fewer items than `least` are left to one thread: starting another takes
/// some 50 µs, and the caller knows what an item costs.
pub fn in_parallel<T: Sync, R: Send>(items: &[T], least: usize, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    if items.len() < least { items.iter().map(work).collect() } else { by_threads(items, threads(items.len()), work) }
}

/// So many items are work for a few milliseconds, of which two threads take what can be taken.
const FEW: usize = 500;

/// How many threads run at once. Asking the system takes as long as starting one, so few items are shared by two without a question.
fn threads(items: usize) -> usize {
    static THREADS: OnceLock<usize> = OnceLock::new();
    if items <= FEW { 2 } else { *THREADS.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from)) }
}

fn by_threads<T: Sync, R: Send>(items: &[T], threads: usize, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = threads.min(items.len().div_ceil(CHUNK));
    if threads <= 1 {
        return items.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(items.len().div_ceil(CHUNK)));
    let run = || {
        let mut own: Vec<(usize, Vec<R>)> = Vec::new();
        loop {
            let start = next.fetch_add(CHUNK, Ordering::Relaxed);
            let Some(rest) = items.get(start..).filter(|rest| !rest.is_empty()) else { break };
            own.push((start, rest.iter().take(CHUNK).map(&work).collect()));
        }
        done.lock().unwrap_or_else(PoisonError::into_inner).extend(own);
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(run);
        }
        run();
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(start, _)| *start);
    done.into_iter().flat_map(|(_, results)| results).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stand_in_the_order_of_the_items() {
        for count in [0, 1, CHUNK, CHUNK + 1, 1000] {
            let items: Vec<usize> = (0..count).collect();
            let twice: Vec<usize> = items.iter().map(|item| item * 2).collect();
            for threads in [0, 1, 2, 7] {
                assert_eq!(by_threads(&items, threads, |item| item * 2), twice);
            }
            assert_eq!(in_parallel(&items, 10, |item| item * 2), twice);
        }
    }
}
