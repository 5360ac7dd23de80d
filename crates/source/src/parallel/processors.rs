//! On which processor the second thread runs: on one that the first leaves. For a piece of work of a millisecond the kernel leaves a thread
//! that starts or wakes where that happened, and both would take turns on one processor beside an idle one.

#[cfg(target_os = "linux")]
pub(super) use linux::{Place, are_enough};
#[cfg(not(target_os = "linux"))]
pub(super) use other::{Place, are_enough};

#[cfg(target_os = "linux")]
mod linux {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use nix::sched::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};
    use nix::unistd::{Pid, gettid};

    /// The calling thread.
    const SELF: Pid = Pid::from_raw(0);

    /// No processor.
    const NONE: usize = usize::MAX;

    /// The processor that a thread keeps off. All of it are wishes: where the kernel refuses one, or the process may use no other processor,
    /// all stays as it was.
    pub(in super::super) struct Place {
        thread: Option<Pid>,
        allowed: Option<CpuSet>,
        avoided: AtomicUsize,
    }

    impl Place {
        /// Of the one thread that the process has beside the caller, off the processor of the caller from now on.
        pub(in super::super) fn of_new_thread() -> Self {
            let place = Self { thread: other_thread(), allowed: sched_getaffinity(SELF).ok(), avoided: AtomicUsize::new(NONE) };
            place.follow();
            place
        }

        /// Follows the caller to the processor on which it runs by now.
        pub(in super::super) fn follow(&self) {
            let (Some(thread), Some(mut left), Ok(processor)) = (self.thread, self.allowed, sched_getcpu()) else { return };
            if self.avoided.swap(processor, Ordering::Relaxed) != processor && left.unset(processor).is_ok() && count(&left) > 0 {
                let _ = sched_setaffinity(thread, &left);
            }
        }
    }

    /// The thread beside the caller, which may not have run yet and so can't say itself which it is; nothing where there are several.
    #[expect(clippy::disallowed_methods, reason = "the process itself, not a project")]
    fn other_thread() -> Option<Pid> {
        let own = gettid();
        let threads = std::fs::read_dir("/proc/self/task").ok()?;
        let number = |name: std::ffi::OsString| name.to_str().and_then(|name| name.parse().ok()).map(Pid::from_raw);
        let mut others = threads.flatten().filter_map(|entry| number(entry.file_name())).filter(|thread| *thread != own);
        others.next().filter(|_| others.next().is_none())
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
    pub(in super::super) struct Place;

    impl Place {
        pub(in super::super) fn of_new_thread() -> Self {
            Self
        }

        pub(in super::super) fn follow(&self) {}
    }

    pub(in super::super) fn are_enough() -> bool {
        std::thread::available_parallelism().is_ok_and(|count| count.get() > 1)
    }
}
