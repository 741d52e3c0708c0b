//! Work without the interpreter's lock, which Ctrl-C stops.

use crate::errors::exception;
use pyo3::prelude::*;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;
use wcodec::Result;

/// Work on less is done before anybody could want it stopped: about 10 ms.
const LONG: u64 = 8 << 20;
/// How long a signal may wait.
const GLANCE: Duration = Duration::from_millis(50);

/// Does work on so many bytes without the interpreter's lock, which it is handed the flag to stop for. Ctrl-C stops it
/// where it takes long.
pub fn interruptible<T: Send>(
    py: Python<'_>,
    bytes: u64,
    work: impl FnOnce(&AtomicBool) -> Result<T> + Send,
) -> PyResult<T> {
    let cancelled = AtomicBool::new(false);
    let result = match bytes < LONG {
        true => py.detach(|| work(&cancelled)),
        false => watched(py, &cancelled, |py| py.check_signals(), || work(&cancelled))?,
    };
    result.map_err(|error| exception(py, &error))
}

/// Does work in another thread, while this one looks after it now and then. Where looking raises, as it does after Ctrl-C,
/// the work is told to stop by `cancelled`, and what was raised is the result once it has.
pub fn watched<T: Send>(
    py: Python<'_>,
    cancelled: &AtomicBool,
    mut look: impl FnMut(Python<'_>) -> PyResult<()>,
    work: impl FnOnce() -> T + Send,
) -> PyResult<T> {
    let mut raised = None;
    let result = thread::scope(|scope| {
        let (done, is_done) = mpsc::channel::<()>();
        let worker = scope.spawn(move || {
            // Dropped, and so told, at the end of the work, however it ends.
            let _done = done;
            work()
        });
        // A receiver is of one thread, which `detach` does not know that this still is.
        let is_done = Mutex::new(is_done);
        let glance = || match is_done.lock() {
            Ok(is_done) => is_done.recv_timeout(GLANCE),
            Err(_) => Err(RecvTimeoutError::Disconnected),
        };
        while py.detach(glance) == Err(RecvTimeoutError::Timeout) {
            if raised.is_none() {
                raised = look(py).err();
                cancelled.store(raised.is_some(), Ordering::Relaxed);
            }
        }
        py.detach(|| worker.join()).unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    });
    raised.map_or(Ok(result), Err)
}
