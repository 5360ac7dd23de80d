//! Work for more than one thread: the same on many items, whose results stand in the items' order whoever was first, or two pieces
//! beside each other.

mod processors;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use rayon_core::{ThreadPool, ThreadPoolBuilder};

use processors::Place;

/// Items that a thread takes at once: taking one costs as much as a little work does.
const CHUNK: usize = 8;

/// Of so many that are left a thread takes fewer in the end, so that none waits long for another.
fn share(left: usize) -> usize {
    (left / CHUNK).clamp(1, CHUNK)
}

/// So many items are work for a few milliseconds, of which two threads take what can be taken.
const FEW: usize = 500;

/// `work` on each item, the results in the items' order. Fewer items than `least` are left to one thread: waking another takes
/// some 20 µs, and the caller knows what an item costs.
pub fn in_parallel<T: Sync, R: Send>(items: &[T], least: usize, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    match items.len() {
        count if count < least => items.iter().map(work).collect(),
        count if count <= FEW => match Second::of_caller() {
            Some(second) => shared(items, work, |run| second.both(run, run)),
            None => items.iter().map(work).collect(),
        },
        _ => by_threads(items, threads(), work),
    }
}

/// As [`in_parallel`], with work that takes its items.
pub fn taken_in_parallel<T: Send, R: Send>(items: Vec<T>, least: usize, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    if items.len() < least {
        return items.into_iter().map(work).collect();
    }
    let items: Vec<Mutex<Option<T>>> = items.into_iter().map(|item| Mutex::new(Some(item))).collect();
    in_parallel(&items, least, |item| {
        let item = item.lock().unwrap_or_else(PoisonError::into_inner).take();
        work(item.expect("each is worked on once"))
    })
}

/// Both of two pieces of work, at once where that is `worth` a thread.
pub fn both<A: Send, B>(worth: bool, beside: impl FnOnce() -> A + Send, here: impl FnOnce() -> B) -> (A, B) {
    match worth.then(Second::of_caller).flatten() {
        Some(second) => second.both(beside, here),
        None => (beside(), here()),
    }
}

/// Work that somebody will want and nobody waits for, for a second thread, which takes half a millisecond to start; nothing happens where
/// there is none, so whoever wants it does it then.
pub fn beforehand(work: impl FnOnce() + Send + 'static) {
    if let Some(Second { pool, .. }) = Second::of_caller() {
        pool.spawn(work);
    }
}

/// True when a second thread helps the caller already, so that less work is worth it.
pub fn has_second() -> bool {
    SECOND.get().is_some_and(|second| second.as_ref().is_some_and(Second::helps_caller))
}

/// A second thread that stays for the life of the process, since starting one takes longer than waking it, and helps the thread that
/// started it; others do all by themselves. Work that it has not begun when the first is done with its own is taken back.
struct Second {
    /// Of two: the thread that started it, and the second one.
    pool: ThreadPool,
    place: Place,
}

static SECOND: OnceLock<Option<Second>> = OnceLock::new();

impl Second {
    /// Nothing where only one thread can run.
    fn start() -> Option<Self> {
        if !processors::are_enough() {
            return None;
        }
        let pool = ThreadPoolBuilder::new().num_threads(2).use_current_thread().build().ok()?;
        Some(Self { pool, place: Place::of_new_thread() })
    }

    /// The second thread, if it helps the caller; whoever asks first starts it.
    fn of_caller() -> Option<&'static Self> {
        SECOND.get_or_init(Self::start).as_ref().filter(|second| second.helps_caller())
    }

    fn helps_caller(&self) -> bool {
        self.pool.current_thread_index().is_some()
    }

    fn both<A: Send, B>(&self, beside: impl FnOnce() -> A + Send, here: impl FnOnce() -> B) -> (A, B) {
        if self.pool.current_thread_index() == Some(OWNER) {
            self.place.follow();
        }
        let mut there = None;
        let stage = AtomicUsize::new(WAITING);
        let here = self.pool.in_place_scope(|scope| {
            scope.spawn(|_| {
                stage.store(BEGUN, Ordering::Release);
                there = Some(beside());
                stage.store(DONE, Ordering::Release);
            });
            let here = here();
            wait_awake(&stage);
            here
        });
        (there.expect("a scope ends after what it spawned, and panics where that did"), here)
    }
}

/// The thread that started the pool, in it.
const OWNER: usize = 0;

// What has become of work for the second thread.
const WAITING: usize = 0;
const BEGUN: usize = 1;
const DONE: usize = 2;

/// Waits for what has begun and is done soon: a thread that sleeps takes longer to wake than two have still to do when they share their
/// work.
fn wait_awake(stage: &AtomicUsize) {
    /// Some 50 µs.
    const LOOKS: usize = 4000;
    for _ in 0..LOOKS {
        if stage.load(Ordering::Acquire) != BEGUN {
            return;
        }
        std::hint::spin_loop();
    }
}

/// How many threads run at once.
fn threads() -> usize {
    static THREADS: OnceLock<usize> = OnceLock::new();
    *THREADS.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from))
}

fn by_threads<T: Sync, R: Send>(items: &[T], threads: usize, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    shared(items, work, |run| {
        std::thread::scope(|scope| {
            for _ in 1..threads.min(items.len().div_ceil(CHUNK)) {
                scope.spawn(run);
            }
            run();
        });
    })
}

/// Items that whoever runs what `start` is given takes from one heap.
fn shared<T: Sync, R: Send, S>(items: &[T], work: impl Fn(&T) -> R + Sync, start: impl FnOnce(&(dyn Fn() + Sync)) -> S) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(items.len().div_ceil(CHUNK) + 2 * CHUNK));
    start(&|| {
        let mut own: Vec<(usize, Vec<R>)> = Vec::new();
        let after = |start: usize| items.len().checked_sub(start).filter(|left| *left > 0).map(|left| start + share(left));
        while let Ok(start) = next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, after) {
            let end = after(start).unwrap_or(start);
            own.push((start, items[start..end].iter().map(&work).collect()));
        }
        done.lock().unwrap_or_else(PoisonError::into_inner).extend(own);
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(start, _)| *start);
    let mut all = Vec::with_capacity(items.len());
    done.into_iter().for_each(|(_, results)| all.extend(results));
    all
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
            assert_eq!(taken_in_parallel(items, 10, |item| item * 2), twice);
        }
    }

    #[test]
    fn work_inside_of_work_and_beside_that_of_others_is_done_all_the_same() {
        let outer: Vec<usize> = (0..64).collect();
        let sums = || in_parallel(&outer, 2, |one| in_parallel(&outer, 2, |two| one * two).into_iter().sum::<usize>());
        let expected: Vec<usize> = outer.iter().map(|one| one * 64 * 63 / 2).collect();
        std::thread::scope(|scope| {
            let others: Vec<_> = (0..4).map(|_| scope.spawn(|| both(true, sums, sums))).collect();
            for other in others {
                assert_eq!(other.join().unwrap(), (expected.clone(), expected.clone()));
            }
        });
    }

    #[test]
    fn what_nobody_waits_for_is_done_beforehand() {
        static DONE: AtomicUsize = AtomicUsize::new(0);
        for _ in 0..3 {
            beforehand(|| {
                DONE.fetch_add(1, Ordering::Relaxed);
            });
        }
        let wanted = if Second::of_caller().is_some() { 3 } else { 0 };
        for _ in 0..10_000 {
            if DONE.load(Ordering::Relaxed) == wanted {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        panic!("{} of {wanted}", DONE.load(Ordering::Relaxed));
    }

    #[test]
    fn a_panic_of_the_work_reaches_the_caller_and_hinders_nobody_after_it() {
        for _ in 0..2 {
            let panics = || both(true, || panic!("beside"), || 1);
            assert!(std::panic::catch_unwind(panics).is_err());
            assert!(std::panic::catch_unwind(|| both(true, || 1, || -> i32 { panic!("here") })).is_err());
        }
        assert_eq!(both(true, || 1, || 2), (1, 2));
    }
}
