//! A fence that orders the uses of a resource on the device, whatever streams they are on.
#![allow(unsafe_code)]

use super::raw::RawStream;
use super::{GpuContext, GpuEvent};
use crate::Result;
use cust::sys;
use std::sync::{Mutex, PoisonError};

/// Orders the uses of the guarded resource, and knows when the last is done.
///
/// An event that several threads record covers only the work before the last record. So the three
/// steps of a use (wait for the one before, start the work, record) are taken by one thread at a
/// time: each use then comes after all before it, and the event covers them all.
pub struct Fence {
    last: GpuEvent,
    turn: Mutex<()>,
}

impl Fence {
    /// A fence for an unused resource.
    pub fn new(context: &GpuContext) -> Result<Self> {
        Ok(Self { last: GpuEvent::new(context)?, turn: Mutex::new(()) })
    }

    /// Starts `work` on a stream of the current context, after all earlier uses.
    pub fn after_all<T>(&self, stream: RawStream, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.last.hold_up(stream)?;
        let result = work();
        // Even after an error, as a part of the work may have been started.
        let recorded = self.last.mark(stream);
        if recorded.is_err() {
            // The event does not cover the work, so that it must be over before anything relies on
            // the event. (Where even that fails the context is gone, and its work.)
            // SAFETY: the stream lives.
            unsafe { sys::cuStreamSynchronize(stream.handle()) };
        }
        let value = result?;
        recorded.map(|()| value)
    }

    /// Waits until all uses that were started are done.
    pub fn wait(&self) -> Result<()> {
        self.last.wait()
    }
}
