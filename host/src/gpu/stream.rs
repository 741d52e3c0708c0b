//! Streams, which order work on a device, and events, which mark places in them.
#![allow(unsafe_code)]

use super::device::OpenDevice;
use super::{failed, succeeded};
use crate::Result;
use cust::stream::{Stream, StreamFlags};
use cust::sys::{self, CUevent, CUstream};
use std::sync::Arc;

/// A stream of the caller's, by the address that the driver knows it by (a `CUstream`); 0 is the default stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawStream(pub u64);

impl RawStream {
    pub(super) fn handle(self) -> CUstream {
        self.0 as CUstream
    }
}

/// A stream of its own. What is begun on one stream is done in order; streams do not wait for each other, but for the copies
/// and fills of [`super::DeviceMemory`].
pub struct GpuStream {
    // Before the device: a stream is destroyed in the context that the device keeps alive.
    stream: Stream,
    device: Arc<OpenDevice>,
}

impl GpuStream {
    pub(super) fn new(device: &Arc<OpenDevice>) -> Result<Self> {
        device.make_current()?;
        // Ordered with the copies of `DeviceMemory`, which run on the default stream.
        let stream = Stream::new(StreamFlags::DEFAULT, None).map_err(failed("create a stream"))?;
        Ok(Self { stream, device: Arc::clone(device) })
    }

    /// The stream as the driver knows it.
    pub fn raw(&self) -> RawStream {
        RawStream(self.stream.as_inner() as u64)
    }

    /// Waits until everything that was begun on the stream is done.
    ///
    /// # Errors
    /// [`crate::Error::Gpu`].
    pub fn wait(&self) -> Result<()> {
        self.device.make_current()?;
        self.stream.synchronize().map_err(failed("finish its work"))
    }

    /// What is begun from here on waits until the event has come to pass; at once if it was never recorded.
    pub(super) fn wait_for(&self, event: &GpuEvent) -> Result<()> {
        // SAFETY: both handles live.
        let result = unsafe { sys::cuStreamWaitEvent(self.raw().handle(), event.event, 0) };
        succeeded("wait for an event", result)
    }

    /// For timing, which goes through `cust`.
    pub(super) fn as_cust(&self) -> &Stream {
        &self.stream
    }
}

/// A place in a stream.
pub struct GpuEvent {
    event: CUevent,
    device: Arc<OpenDevice>,
}

// SAFETY: the driver's handles may be used on any thread.
unsafe impl Send for GpuEvent {}
// SAFETY: as above; the driver locks what it shares.
unsafe impl Sync for GpuEvent {}

impl GpuEvent {
    pub fn new(device: &Arc<OpenDevice>) -> Result<Self> {
        device.make_current()?;
        let mut event = std::ptr::null_mut();
        let flags = sys::CUevent_flags_enum::CU_EVENT_DISABLE_TIMING as u32;
        // SAFETY: there is room for a handle.
        succeeded("create an event", unsafe { sys::cuEventCreate(&raw mut event, flags) })?;
        Ok(Self { event, device: Arc::clone(device) })
    }

    /// Marks the end of what was begun on a stream so far.
    pub fn record(&self, stream: RawStream) -> Result<()> {
        // SAFETY: the event lives; the stream is one of the caller's.
        let result = unsafe { sys::cuEventRecord(self.event, stream.handle()) };
        succeeded("record an event", result)
    }

    /// Waits until it has come to pass; not at all if it was never recorded.
    pub fn wait(&self) -> Result<()> {
        self.device.make_current()?;
        // SAFETY: the event lives.
        succeeded("wait for an event", unsafe { sys::cuEventSynchronize(self.event) })
    }
}

impl Drop for GpuEvent {
    fn drop(&mut self) {
        // Where either fails the context is gone, and its events.
        let _ = self.device.make_current();
        // SAFETY: nobody uses the handle again.
        unsafe { sys::cuEventDestroy_v2(self.event) };
    }
}
