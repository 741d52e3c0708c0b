//! How far a conversion is, for Python to be told of.

use pyo3::prelude::*;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use wcodec::Progress;

/// Counts what the threads of a conversion have done, and tells them to stop.
#[derive(Debug, Default)]
pub struct Meter {
    total: AtomicU64,
    done: AtomicU64,
    tensor: Mutex<String>,
    pub cancelled: AtomicBool,
}

impl Meter {
    /// Looks for signals, and tells a function of the bytes done, those in all, and the name of the tensor.
    pub fn tell(&self, py: Python<'_>, callback: Option<&Py<PyAny>>) -> PyResult<()> {
        py.check_signals()?;
        let Some(callback) = callback else { return Ok(()) };
        let tensor = self.tensor.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (done, total) = (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed));
        callback.call1(py, (done, total, tensor)).map(drop)
    }

    fn flow(&self) -> ControlFlow<()> {
        match self.cancelled.load(Ordering::Relaxed) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }
}

impl Progress for Meter {
    fn expect(&self, bytes: u64) {
        self.total.fetch_add(bytes, Ordering::Relaxed);
    }

    fn tensor(&self, _: &Path, name: &str) -> ControlFlow<()> {
        name.clone_into(&mut self.tensor.lock().unwrap_or_else(PoisonError::into_inner));
        self.flow()
    }

    fn advance(&self, bytes: u64) -> ControlFlow<()> {
        self.done.fetch_add(bytes, Ordering::Relaxed);
        self.flow()
    }
}
