//! Events, which mark places in streams.
#![allow(unsafe_code)]

use super::in_context::InContext;
use super::raw::RawStream;
use super::{GpuContext, failed};
use crate::Result;
use cust::error::ToResult;
use cust::event::{Event, EventFlags, EventStatus};
use cust::sys;

/// A place in a stream, reached when all work before it is done.
pub struct GpuEvent(InContext<Event>);

impl GpuEvent {
    /// An event that is not recorded yet, and so counts as reached.
    ///
    /// # Errors
    /// [`crate::Error::Gpu`].
    pub fn new(context: &GpuContext) -> Result<Self> {
        Self::with_flags(context, EventFlags::DISABLE_TIMING)
    }

    /// As [`GpuEvent::new`], one that records when it is reached.
    pub(in crate::gpu) fn timed(context: &GpuContext) -> Result<Self> {
        Self::with_flags(context, EventFlags::DEFAULT)
    }

    fn with_flags(context: &GpuContext, flags: EventFlags) -> Result<Self> {
        Ok(Self(InContext::new(context, "create an event", || Event::new(flags))?))
    }

    /// The context that it is an event of.
    pub fn context(&self) -> &GpuContext {
        self.0.context()
    }

    /// Moves the event to the end of the work that a stream was given so far. Its context is
    /// current, and the stream's.
    pub(super) fn mark(&self, stream: RawStream) -> Result<()> {
        // SAFETY: both live.
        unsafe { sys::cuEventRecord(self.0.as_inner(), stream.handle()) }
            .to_result()
            .map_err(failed("record an event"))
    }

    /// Makes later work on a stream of the current context wait for the event.
    pub(super) fn hold_up(&self, stream: RawStream) -> Result<()> {
        // SAFETY: both live. The driver keeps an event until nothing waits for it any more.
        unsafe { sys::cuStreamWaitEvent(stream.handle(), self.0.as_inner(), 0) }
            .to_result()
            .map_err(failed("wait for an event"))
    }

    /// Waits until the event is reached.
    ///
    /// # Errors
    /// [`crate::Error::Gpu`].
    pub fn wait(&self) -> Result<()> {
        let _current = self.context().enter()?;
        self.0.synchronize().map_err(failed("wait for an event"))
    }

    /// Returns whether the event is reached.
    ///
    /// # Errors
    /// [`crate::Error::Gpu`].
    pub fn is_reached(&self) -> Result<bool> {
        let _current = self.context().enter()?;
        let status = self.0.query().map_err(failed("look at an event"))?;
        Ok(status == EventStatus::Ready)
    }

    /// Seconds from `start` to this event; both record times and are reached.
    pub(in crate::gpu) fn seconds_since(&self, start: &Self) -> Result<f64> {
        let _current = self.context().enter()?;
        let milliseconds = self.0.elapsed_time_f32(&start.0).map_err(failed("read an event"))?;
        Ok(f64::from(milliseconds) / 1e3)
    }

    /// The event as the driver knows it (a `CUevent`).
    pub fn raw(&self) -> u64 {
        self.0.as_inner() as u64
    }
}
