//! On which processors the second thread runs: on those that the first one leaves. For a piece of work of a millisecond the kernel leaves a
//! thread that wakes where it was woken from, and both would take turns on one processor beside an idle one.

#[cfg(target_os = "linux")]
pub(super) use linux::{Avoided, are_enough};
#[cfg(not(target_os = "linux"))]
pub(super) use other::{Avoided, are_enough};

#[cfg(target_os = "linux")]
mod linux {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use nix::sched::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};
    use nix::unistd::{Pid, gettid};

    /// The calling thread.
    const SELF: Pid = Pid::from_raw(0);

    /// No processor at all.
    const NONE: usize = usize::MAX;

    /// No processor any more: the others are busy.
    const NEVER: usize = usize::MAX - 1;

    /// The processor that a thread keeps off. All of it are wishes: where the kernel refuses one, or the process may use no other processor,
    /// all stays as it was.
    pub(in super::super) struct Avoided {
        thread: OnceLock<Pid>,
        allowed: Option<CpuSet>,
        processor: AtomicUsize,
    }

    impl Avoided {
        /// Off the one on which the caller runs.
        pub(in super::super) fn here() -> Self {
            let allowed = sched_getaffinity(SELF).ok();
            Self { thread: OnceLock::new(), allowed, processor: AtomicUsize::new(sched_getcpu().unwrap_or(NONE)) }
        }

        /// Makes the calling thread the one that keeps off.
        pub(in super::super) fn begin(&self) {
            self.keep_off(SELF, self.processor.load(Ordering::Relaxed));
            let _ = self.thread.set(gettid());
        }

        /// Follows the caller to the processor on which it runs by now.
        pub(in super::super) fn follow(&self) {
            let (Some(thread), Ok(processor)) = (self.thread.get(), sched_getcpu()) else { return };
            let before = self.processor.load(Ordering::Relaxed);
            if before != processor && before != NEVER {
                self.processor.store(processor, Ordering::Relaxed);
                self.keep_off(*thread, processor);
            }
        }

        /// The other processors have no time: the thread comes to the one on which the caller waits for it, and the kernel decides from
        /// then on.
        pub(in super::super) fn fetch(&self) {
            let (Some(thread), Some(allowed), Ok(processor)) = (self.thread.get(), self.allowed, sched_getcpu()) else { return };
            self.processor.store(NEVER, Ordering::Relaxed);
            let mut here = CpuSet::new();
            if here.set(processor).is_ok() {
                let _ = sched_setaffinity(*thread, &here).and_then(|()| sched_setaffinity(*thread, &allowed));
            }
        }

        fn keep_off(&self, thread: Pid, processor: usize) {
            let Some(mut left) = self.allowed else { return };
            if left.unset(processor).is_ok() && count(&left) > 0 {
                let _ = sched_setaffinity(thread, &left);
            }
        }
    }

    /// True where two threads can run at once.
    pub(in super::super) fn are_enough() -> bool {
        sched_getaffinity(SELF).is_ok_and(|allowed| count(&allowed) > 1)
    }

    /// Up to two.
    fn count(processors: &CpuSet) -> usize {
        (0..CpuSet::count()).filter(|processor| processors.is_set(*processor) == Ok(true)).take(2).count()
    }
}

#[cfg(not(target_os = "linux"))]
mod other {
    /// Nothing: the kernel knows best.
    pub(in super::super) struct Avoided;

    impl Avoided {
        pub(in super::super) fn here() -> Self {
            Self
        }

        pub(in super::super) fn begin(&self) {}

        pub(in super::super) fn follow(&self) {}

        pub(in super::super) fn fetch(&self) {}
    }

    pub(in super::super) fn are_enough() -> bool {
        std::thread::available_parallelism().is_ok_and(|count| count.get() > 1)
    }
}
