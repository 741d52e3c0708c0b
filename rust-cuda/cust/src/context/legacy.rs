//! Contexts apart from the primary one, and the stack of contexts that each thread has.

use super::{ContextFlags, ContextHandle};
use crate::device::Device;
use crate::error::{CudaResult, ToResult};
use crate::private::Sealed;
use crate::sys::{self, CUcontext};

/// A context of one's own, destroyed when this value is dropped.
#[derive(Debug)]
pub struct Context {
    inner: CUcontext,
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
    /// Makes a context, and pushes it onto the calling thread's stack.
    ///
    /// # Errors
    ///
    /// Errors of the driver.
    pub fn create_and_push(flags: ContextFlags, device: Device) -> CudaResult<Self> {
        let mut inner = std::ptr::null_mut();
        // SAFETY: the pointer is valid for a write.
        unsafe { sys::cuCtxCreate_v2(&raw mut inner, flags.bits(), device.as_raw()) }
            .to_result()?;
        Ok(Self { inner })
    }

    /// The same context, without the duty to destroy it.
    pub fn get_unowned(&self) -> UnownedContext {
        UnownedContext { inner: self.inner }
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // No caller is left to hand an error to; it means that the device is gone.
        // SAFETY: the context was made with this value, and is not used through it again.
        unsafe { sys::cuCtxDestroy_v2(self.inner) };
    }
}

/// A context that its owner destroys.
#[derive(Debug, Clone)]
pub struct UnownedContext {
    inner: CUcontext,
}

// SAFETY: a context may be used from every thread.
unsafe impl Send for UnownedContext {}
// SAFETY: as above; nothing here changes it.
unsafe impl Sync for UnownedContext {}

impl Sealed for UnownedContext {}
impl ContextHandle for UnownedContext {
    fn get_inner(&self) -> CUcontext {
        self.inner
    }
}

impl UnownedContext {
    /// The context with this handle. Rust-CUDA has no such function.
    ///
    /// # Safety
    ///
    /// The handle is null, or that of a context that lives as long as this value is used.
    pub unsafe fn from_raw(inner: CUcontext) -> Self {
        Self { inner }
    }
}

/// The calling thread's stack of contexts, of which the top one is current.
#[derive(Debug)]
pub struct ContextStack;

impl ContextStack {
    /// Takes the current context off the stack.
    ///
    /// # Errors
    ///
    /// Errors of the driver.
    pub fn pop() -> CudaResult<UnownedContext> {
        let mut inner = std::ptr::null_mut();
        // SAFETY: the pointer is valid for a write.
        unsafe { sys::cuCtxPopCurrent_v2(&raw mut inner) }.to_result()?;
        Ok(UnownedContext { inner })
    }

    /// Puts a context onto the stack, so that it is current.
    ///
    /// # Errors
    ///
    /// Errors of the driver.
    pub fn push<C: ContextHandle>(ctx: &C) -> CudaResult<()> {
        // SAFETY: the handle is that of a context which lives.
        unsafe { sys::cuCtxPushCurrent_v2(ctx.get_inner()) }.to_result()
    }
}

/// The context that the calling thread works in.
#[derive(Debug)]
pub struct CurrentContext;

impl CurrentContext {
    /// The current context; its handle is null where there is none.
    ///
    /// # Errors
    ///
    /// Errors of the driver.
    pub fn get_current() -> CudaResult<UnownedContext> {
        let mut inner = std::ptr::null_mut();
        // SAFETY: the pointer is valid for a write.
        unsafe { sys::cuCtxGetCurrent(&raw mut inner) }.to_result()?;
        Ok(UnownedContext { inner })
    }
}
