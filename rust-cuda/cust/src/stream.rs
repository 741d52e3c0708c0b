//! Streams: work on one is done in order, work on several side by side.

use crate::error::{CudaResult, ToResult};
use crate::event::Event;
use crate::function::{BlockSize, Function, GridSize};
use crate::sys::{self, CUstream};
use std::ffi::c_void;

bitflags::bitflags! {
    /// The relation of a stream to the default stream.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct StreamFlags: u32 {
        /// Work waits for what the default stream was given before, and holds up what comes after.
        const DEFAULT = 0x00;
        /// The stream and the default stream do not wait for each other. (Rust-CUDA's ignores it.)
        const NON_BLOCKING = 0x01;
    }
}

bitflags::bitflags! {
    /// Flags for [`Stream::wait_event`]. There are none today.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct StreamWaitEventFlags: u32 {
        /// No flags.
        const DEFAULT = 0x0;
    }
}

/// A stream of the context that was current when it was made.
#[derive(Debug)]
pub struct Stream {
    inner: CUstream,
}

// SAFETY: a stream may be used from every thread.
unsafe impl Send for Stream {}
// SAFETY: as above; the driver locks what it shares.
unsafe impl Sync for Stream {}

impl Stream {
    /// Makes a stream. The smaller the number, the higher its priority.
    ///
    /// # Errors
    ///
    /// Errors of the driver.
    pub fn new(flags: StreamFlags, priority: Option<i32>) -> CudaResult<Self> {
        let mut inner = std::ptr::null_mut();
        let priority = priority.unwrap_or(0);
        // SAFETY: the pointer is valid for a write.
        unsafe { sys::cuStreamCreateWithPriority(&raw mut inner, flags.bits(), priority) }
            .to_result()?;
        Ok(Self { inner })
    }

    /// Waits until all work on the stream is done.
    ///
    /// # Errors
    ///
    /// Errors of the driver, and of work that was started earlier.
    pub fn synchronize(&self) -> CudaResult<()> {
        // SAFETY: the stream lives.
        unsafe { sys::cuStreamSynchronize(self.inner) }.to_result()
    }

    /// Makes later work on the stream wait for an event.
    ///
    /// # Errors
    ///
    /// Errors of the driver.
    pub fn wait_event(&self, event: Event, flags: StreamWaitEventFlags) -> CudaResult<()> {
        // SAFETY: both live. The driver keeps an event until nothing waits for it any more.
        unsafe { sys::cuStreamWaitEvent(self.inner, event.as_inner(), flags.bits()) }.to_result()
    }

    /// Launches a kernel with pointers to its arguments.
    ///
    /// # Errors
    ///
    /// Errors of the driver.
    ///
    /// # Safety
    ///
    /// The arguments are as many as the kernel has parameters, and of their types; what the kernel
    /// does with them is allowed until the work on the stream is done.
    pub unsafe fn launch<G, B>(
        &self,
        func: &Function<'_>,
        grid_size: G,
        block_size: B,
        shared_mem_bytes: u32,
        args: &[*mut c_void],
    ) -> CudaResult<()>
    where
        G: Into<GridSize>,
        B: Into<BlockSize>,
    {
        let (grid, block) = (grid_size.into(), block_size.into());
        // SAFETY: stream and kernel live; the rest is the caller's condition. The driver reads the
        // pointers, and copies what they point to, before it returns.
        unsafe {
            sys::cuLaunchKernel(
                func.to_raw(),
                grid.x,
                grid.y,
                grid.z,
                block.x,
                block.y,
                block.z,
                shared_mem_bytes,
                self.inner,
                args.as_ptr().cast_mut(),
                std::ptr::null_mut(),
            )
        }
        .to_result()
    }

    /// The stream as the driver knows it.
    pub fn as_inner(&self) -> CUstream {
        self.inner
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // The driver lets work that was started finish. An error means that the context is gone.
        // SAFETY: the stream was made with this value, and is not used again.
        unsafe { sys::cuStreamDestroy_v2(self.inner) };
    }
}
