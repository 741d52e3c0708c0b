//! Work without the interpreter's lock, which Ctrl-C stops.

use crate::errors::exception;
use pyo3::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use wcodec::Result;

/// Work on less is done before anybody could want it stopped: about 10 ms.
const LONG: u64 = 8 << 20;
/// How long a signal may wait.
const GLANCE: Duration = Duration::from_millis(50);

/// Does work on so many bytes without the interpreter's lock. Where it takes long another thread does it, while this one
/// looks for signals: one that raises, as Ctrl-C does, tells the work to stop, and is raised when it has.
pub fn interruptible<T: Send>(
    py: Python<'_>,
    bytes: u64,
    work: impl FnOnce(&AtomicBool) -> Result<T> + Send,
) -> PyResult<T> {
    let cancelled = AtomicBool::new(false);
    if bytes < LONG {
        return py.detach(|| work(&cancelled)).map_err(|error| exception(py, &error));
    }
    let mut raised = None;
    let result = thread::scope(|scope| {
        let (done, is_done) = mpsc::channel::<()>();
        let cancelled = &cancelled;
        let worker = scope.spawn(move || {
            // Dropped, and so told, at the end of the work, however it ends.
            let _done = done;
            work(cancelled)
        });
        let waiting = Err(mpsc::RecvTimeoutError::Timeout);
        // `Receiver` is of one thread, which `detach` does not know that this still is.
        let is_done = std::sync::Mutex::new(is_done);
        let glance = || match is_done.lock() {
            Ok(is_done) => is_done.recv_timeout(GLANCE),
            Err(_) => Err(mpsc::RecvTimeoutError::Disconnected),
        };
        while py.detach(glance) == waiting {
            if let Err(error) = py.check_signals() {
                cancelled.store(true, Ordering::Relaxed);
                raised.get_or_insert(error);
            }
        }
        py.detach(|| worker.join()).unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    });
    match raised {
        Some(error) => Err(error),
        None => result.map_err(|error| exception(py, &error)),
    }
}
