//! Streams, which order work on a device.
#![allow(unsafe_code)]

use super::in_context::InContext;
use super::raw::RawStream;
use super::{GpuContext, GpuEvent, failed};
use crate::Result;
use cust::error::ToResult;
use cust::stream::{Stream, StreamFlags};
use cust::sys;

/// A stream. Work on one stream is done in order; streams do not wait for each other, nor for the
/// default stream, unless they are told to.
pub struct GpuStream {
    stream: Handle,
    context: GpuContext,
}

enum Handle {
    Own(InContext<Stream>),
    Borrowed(RawStream),
}

impl GpuStream {
    /// Makes a stream.
    ///
    /// # Errors
    /// [`crate::Error::Gpu`].
    pub fn new(context: &GpuContext) -> Result<Self> {
        let make = || Stream::new(StreamFlags::NON_BLOCKING, None);
        let stream = Handle::Own(InContext::new(context, "create a stream", make)?);
        Ok(Self { stream, context: context.clone() })
    }

    /// A stream of the caller's, PyTorch's current one for instance. It is not destroyed with this
    /// value.
    ///
    /// # Safety
    /// It is a stream of this context, and outlives this value and the work started on it.
    pub unsafe fn from_raw(context: &GpuContext, stream: RawStream) -> Self {
        Self { stream: Handle::Borrowed(stream), context: context.clone() }
    }

    /// The stream as the driver knows it.
    pub fn raw(&self) -> RawStream {
        match &self.stream {
            Handle::Own(stream) => RawStream(stream.as_inner() as u64),
            Handle::Borrowed(raw) => *raw,
        }
    }

    /// The context that it is a stream of.
    pub fn context(&self) -> &GpuContext {
        &self.context
    }

    /// Waits until all work on the stream is done.
    ///
    /// # Errors
    /// [`crate::Error::Gpu`].
    pub fn wait(&self) -> Result<()> {
        let _current = self.context.enter()?;
        // SAFETY: the stream lives.
        unsafe { sys::cuStreamSynchronize(self.raw().handle()) }
            .to_result()
            .map_err(failed("finish its work"))
    }

    /// Makes later work on the stream wait for an event; it does not wait if the event was never
    /// recorded. The event may be of another device.
    ///
    /// # Errors
    /// [`crate::Error::Gpu`].
    pub fn wait_for(&self, event: &GpuEvent) -> Result<()> {
        let _current = self.context.enter()?;
        event.hold_up(self.raw())
    }

    /// Moves an event to the end of the work that the stream was given so far.
    ///
    /// # Errors
    /// [`crate::Error::InvalidArgument`] where the event is of another context;
    /// [`crate::Error::Gpu`].
    pub fn record(&self, event: &GpuEvent) -> Result<()> {
        self.context.check_same(event.context(), "the event", "the stream")?;
        let _current = self.context.enter()?;
        event.mark(self.raw())
    }
}
