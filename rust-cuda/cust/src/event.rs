//! Events, which mark places in streams.

use crate::error::{CudaError, CudaResult, ToResult};
use crate::stream::Stream;
use crate::sys::{self, CUevent};

bitflags::bitflags! {
    /// The flags of an event.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct EventFlags: u32 {
        /// It records when it was reached, and threads that wait for it spin.
        const DEFAULT = 0x0;
        /// Threads that wait for it sleep.
        const BLOCKING_SYNC = 0x1;
        /// It records no time, which makes it cheaper.
        const DISABLE_TIMING = 0x2;
        /// Other processes can wait for it.
        const INTERPROCESS = 0x4;
    }
}

/// True if an event has been reached.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EventStatus {
    /// It has, or it was never recorded.
    Ready,
    /// It has not.
    NotReady,
}

/// An event of the context that was current when it was made.
#[derive(Debug)]
pub struct Event(CUevent);

// SAFETY: an event may be used from every thread.
unsafe impl Send for Event {}
// SAFETY: as above; the driver locks what it shares.
unsafe impl Sync for Event {}

impl Event {
    /// Makes an event.
    ///
    /// # Errors
    ///
    /// Errors of the driver.
    pub fn new(flags: EventFlags) -> CudaResult<Self> {
        let mut event = std::ptr::null_mut();
        // SAFETY: the pointer is valid for a write.
        unsafe { sys::cuEventCreate(&raw mut event, flags.bits()) }.to_result()?;
        Ok(Self(event))
    }

    /// Puts the event after the work that a stream was given so far.
    ///
    /// # Errors
    ///
    /// [`CudaError::InvalidHandle`] where they are not of one context; those of the driver.
    pub fn record(&self, stream: &Stream) -> CudaResult<()> {
        // SAFETY: both live.
        unsafe { sys::cuEventRecord(self.0, stream.as_inner()) }.to_result()
    }

    /// Returns whether the event has been reached.
    ///
    /// # Errors
    ///
    /// Errors of the driver, and of work that was started earlier.
    pub fn query(&self) -> CudaResult<EventStatus> {
        // SAFETY: the event lives.
        match unsafe { sys::cuEventQuery(self.0) }.to_result() {
            Ok(()) => Ok(EventStatus::Ready),
            Err(CudaError::NotReady) => Ok(EventStatus::NotReady),
            Err(error) => Err(error),
        }
    }

    /// Waits until the event is reached.
    ///
    /// # Errors
    ///
    /// Errors of the driver, and of work that was started earlier.
    pub fn synchronize(&self) -> CudaResult<()> {
        // SAFETY: the event lives.
        unsafe { sys::cuEventSynchronize(self.0) }.to_result()
    }

    /// Milliseconds from `start` to this event.
    ///
    /// # Errors
    ///
    /// [`CudaError::NotReady`] where one of them has not been reached;
    /// [`CudaError::InvalidHandle`] where one was not recorded or records no time.
    pub fn elapsed_time_f32(&self, start: &Self) -> CudaResult<f32> {
        let mut milliseconds = 0.0;
        // SAFETY: the pointer is valid for a write, and both events live.
        unsafe { sys::cuEventElapsedTime(&raw mut milliseconds, start.0, self.0) }.to_result()?;
        Ok(milliseconds)
    }

    /// The event as the driver knows it. (Rust-CUDA keeps it to itself.)
    pub fn as_inner(&self) -> CUevent {
        self.0
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        // An error means that the context is gone, and its events.
        // SAFETY: the event was made with this value, and is not used again.
        unsafe { sys::cuEventDestroy_v2(self.0) };
    }
}
