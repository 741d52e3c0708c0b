//! Contexts. A device has a *primary* one, which the CUDA runtime and PyTorch use as well; those
//! of [`legacy`] are made apart from it, and are stacked.

pub mod legacy;

use crate::device::Device;
use crate::error::{CudaResult, ToResult};
use crate::private::Sealed;
use crate::sys::{self, CUcontext, CUdevice};

/// Something that names a context.
pub trait ContextHandle: Sealed {
    /// The context as the driver knows it.
    fn get_inner(&self) -> CUcontext;
}

bitflags::bitflags! {
    /// The flags of a context, such as how a thread waits for the device.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct ContextFlags: u32 {
        /// The driver chooses how to wait.
        const SCHED_AUTO = 0x00;
        /// Waiting threads spin.
        const SCHED_SPIN = 0x01;
        /// Waiting threads yield to others.
        const SCHED_YIELD = 0x02;
        /// Waiting threads sleep.
        const SCHED_BLOCKING_SYNC = 0x04;
    }
}

/// A device's primary context, kept alive.
#[derive(Debug)]
pub struct Context {
    inner: CUcontext,
    device: CUdevice,
}

// SAFETY: a context may be used from every thread.
unsafe impl Send for Context {}
// SAFETY: as above; nothing here changes it.
unsafe impl Sync for Context {}

impl Sealed for Context {}
impl ContextHandle for Context {
    fn get_inner(&self) -> CUcontext {
        self.inner
    }
}

impl Context {
    /// Keeps a device's primary context alive, and makes it first if need be.
    ///
    /// Unlike Rust-CUDA's it does not make the context current.
    ///
    /// # Errors
    ///
    /// Errors of the driver.
    pub fn new(device: Device) -> CudaResult<Self> {
        let mut inner = std::ptr::null_mut();
        // SAFETY: the pointer is valid for a write.
        unsafe { sys::cuDevicePrimaryCtxRetain(&raw mut inner, device.as_raw()) }.to_result()?;
        Ok(Self { inner, device: device.as_raw() })
    }

    /// The context as the driver knows it.
    pub fn as_raw(&self) -> CUcontext {
        self.inner
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // No caller is left to hand an error to; it means that the device is gone.
        // SAFETY: the context was retained once when this value was made.
        unsafe { sys::cuDevicePrimaryCtxRelease_v2(self.device) };
    }
}

/// The context that the calling thread works in.
#[derive(Debug)]
pub struct CurrentContext;

impl CurrentContext {
    /// The device of the current context.
    ///
    /// # Errors
    ///
    /// [`InvalidContext`](crate::error::CudaError::InvalidContext) where there is none; those of
    /// the driver.
    pub fn get_device() -> CudaResult<Device> {
        let mut device = 0;
        // SAFETY: the pointer is valid for a write.
        unsafe { sys::cuCtxGetDevice(&raw mut device) }.to_result()?;
        Ok(Device { device })
    }

    /// Makes a context the calling thread's, in place of the one that is.
    ///
    /// # Errors
    ///
    /// Errors of the driver.
    pub fn set_current<C: ContextHandle>(c: &C) -> CudaResult<()> {
        // SAFETY: the handle is that of a context which lives.
        unsafe { sys::cuCtxSetCurrent(c.get_inner()) }.to_result()
    }

    /// Waits until all work of the current context is done.
    ///
    /// # Errors
    ///
    /// Errors of the driver, and of work that was started earlier.
    pub fn synchronize() -> CudaResult<()> {
        // SAFETY: the function has no precondition.
        unsafe { sys::cuCtxSynchronize() }.to_result()
    }
}
