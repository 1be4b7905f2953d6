//! A thread for a script, and a caller that does not wait for ever.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::session::Session;
use super::{Fault, FaultKind};

/// How long the caller waits beyond the limit, so that the engine can say where it was interrupted.
const GRACE: Duration = Duration::from_millis(100);

/// Room for what the engine does below its own limit without looking at it, and for Rust.
const HEADROOM: usize = 1 << 20;

/// How many threads may outlive their limit before no more scripts are taken.
const MOST_LEFT_BEHIND: usize = 8;

/// Threads that nobody waits for any more. One a process, because the processors are.
static LEFT_BEHIND: AtomicUsize = AtomicUsize::new(0);

/// Does the work on a thread of its own and returns what came of it.
///
/// When the time and the grace are up, the thread is left behind: no one can end it, but it holds
/// no more memory than the limit and ends when the engine's function returns.
pub(super) fn finish<T: Send + 'static>(
    session: &Arc<Session>,
    work: impl FnOnce(&Arc<Session>) -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    if LEFT_BEHIND.load(Ordering::Relaxed) >= MOST_LEFT_BEHIND {
        return Err(busy());
    }
    let ticket = Arc::new(Ticket::new(&LEFT_BEHIND));
    let (sender, receiver) = mpsc::sync_channel(1);
    let (session_there, ticket_there) = (Arc::clone(session), Arc::clone(&ticket));
    let spawned = thread::Builder::new()
        .name("sandbox".to_owned())
        .stack_size(session.limits.stack + HEADROOM)
        .spawn(move || {
            let _ended = Ended(ticket_there);
            // The caller may be gone; the result is then of no use to anyone.
            let _ = sender.send(work(&session_there));
        });
    if let Err(error) = spawned {
        return Err(Fault::new(FaultKind::Engine, format!("no thread for the script: {error}")));
    }
    receiver.recv_timeout(session.left() + GRACE).unwrap_or_else(|gone| match gone {
        RecvTimeoutError::Timeout => {
            ticket.leave_behind();
            Err(session.timed_out())
        }
        RecvTimeoutError::Disconnected => {
            Err(Fault::new(FaultKind::Engine, "the script's engine broke down"))
        }
    })
}

fn busy() -> Fault {
    let message = format!(
        "{MOST_LEFT_BEHIND} earlier scripts still run though their time is up; no other is started \
         until one of them ends"
    );
    Fault::new(FaultKind::Busy, message)
}

const RUNNING: u8 = 0;
const LEFT: u8 = 1;
const ENDED: u8 = 2;

/// Counts a thread from the moment it is left behind to its end, whichever side is first.
struct Ticket {
    state: AtomicU8,
    count: &'static AtomicUsize,
}

impl Ticket {
    fn new(count: &'static AtomicUsize) -> Self {
        Self { state: AtomicU8::new(RUNNING), count }
    }

    fn leave_behind(&self) {
        // Before the thread can take it off.
        self.count.fetch_add(1, Ordering::Relaxed);
        if self.state.swap(LEFT, Ordering::AcqRel) == ENDED {
            self.count.fetch_sub(1, Ordering::Relaxed);
        }
    }

    fn end(&self) {
        if self.state.swap(ENDED, Ordering::AcqRel) == LEFT {
            self.count.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// Ends the ticket also when the work panics.
struct Ended(Arc<Ticket>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_counted_only_between_being_left_and_its_end() {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let late = Ticket::new(&COUNT);
        late.leave_behind();
        assert_eq!(COUNT.load(Ordering::Relaxed), 1);
        late.end();
        assert_eq!(COUNT.load(Ordering::Relaxed), 0);

        let in_time = Ticket::new(&COUNT);
        in_time.end();
        in_time.leave_behind();
        assert_eq!(COUNT.load(Ordering::Relaxed), 0);
    }
}
