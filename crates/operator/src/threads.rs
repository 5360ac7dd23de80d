//! Threads for what takes a processor for some milliseconds: renderings and reviews.
//!
//! Each thread keeps the memory of its last work for its next, some megabytes where Stacks are large. So the one that was used last is
//! used first, and another is started only where all are busy. How many there are is for their users' turns to say.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, oneshot};

type Work = Box<dyn FnOnce() + Send>;

/// Threads that wait for work.
#[derive(Debug, Default)]
pub struct Threads {
    /// The one that was used last is the last.
    idle: Arc<Mutex<Vec<Sender<Work>>>>,
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum Lost {
    /// No thread could be started.
    #[error("no thread can be started: {0}")]
    NoThread(#[from] std::io::Error),
    /// The work panicked, and its message is in the log.
    #[error("it panicked")]
    Panicked,
}

impl Threads {
    /// Does something on a thread. It is done to the end, and keeps its turn until then, even if nobody waits for it any more.
    ///
    /// # Errors
    /// When it panicked, or there is no thread.
    pub async fn run<T: Send + 'static>(&self, turn: OwnedSemaphorePermit, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Lost> {
        let (tell, told) = oneshot::channel();
        let last_used = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let thread = last_used.map_or_else(start, Ok)?;
        let (idle, itself) = (Arc::clone(&self.idle), thread.clone());
        let work = move || {
            let done = catch_unwind(AssertUnwindSafe(work));
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(itself);
            drop(turn);
            // Who waited may have given up.
            let _ = tell.send(done);
        };
        // A thread lives as long as somebody can send it work.
        let _ = thread.send(Box::new(work));
        told.await.ok().and_then(Result::ok).ok_or(Lost::Panicked)
    }
}

fn start() -> std::io::Result<Sender<Work>> {
    let (thread, works) = channel::<Work>();
    std::thread::Builder::new().name("work".to_owned()).spawn(move || works.into_iter().for_each(|work| work()))?;
    Ok(thread)
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread::{ThreadId, current};

    use tokio::sync::Semaphore;

    use super::*;

    async fn run<T: Send + 'static>(
        threads: &Threads,
        turns: &Arc<Semaphore>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Lost> {
        threads.run(Arc::clone(turns).acquire_owned().await.unwrap(), work).await
    }

    #[tokio::test]
    async fn work_that_comes_one_after_the_other_is_done_by_one_thread() {
        let (threads, turns) = (Threads::default(), Arc::new(Semaphore::new(2)));
        let who = || -> ThreadId { current().id() };
        let both = Arc::new(Barrier::new(2));
        let meet = || {
            let both = Arc::clone(&both);
            move || both.wait().is_leader()
        };
        let (one, other) = tokio::join!(run(&threads, &turns, meet()), run(&threads, &turns, meet()));
        assert!(one.is_ok() && other.is_ok() && threads.idle.lock().unwrap().len() == 2);
        let first = run(&threads, &turns, who).await.unwrap();
        for _ in 0..20 {
            assert_eq!(run(&threads, &turns, who).await.unwrap(), first);
        }
    }

    #[tokio::test]
    async fn a_panic_ends_neither_its_thread_nor_its_turn() {
        let (threads, turns) = (Threads::default(), Arc::new(Semaphore::new(1)));
        assert!(matches!(run(&threads, &turns, || panic!("on purpose")).await, Err::<(), _>(Lost::Panicked)));
        assert_eq!(run(&threads, &turns, || 7).await.unwrap(), 7);
    }
}
