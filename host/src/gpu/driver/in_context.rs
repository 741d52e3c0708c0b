//! Objects of the driver, destroyed in the context that they were made in.
#![allow(unsafe_code)]

use super::{GpuContext, failed};
use crate::Result;
use cust::error::CudaResult;
use std::mem::ManuallyDrop;
use std::ops::Deref;

/// An object of the driver with the context that it lives in.
pub struct InContext<T> {
    object: ManuallyDrop<T>,
    context: GpuContext,
}

impl<T> InContext<T> {
    /// Makes an object in a context; `action` names the driver's call in errors.
    pub fn new(
        context: &GpuContext,
        action: &'static str,
        make: impl FnOnce() -> CudaResult<T>,
    ) -> Result<Self> {
        let _current = context.enter()?;
        let object = ManuallyDrop::new(make().map_err(failed(action))?);
        Ok(Self { object, context: context.clone() })
    }

    pub fn context(&self) -> &GpuContext {
        &self.context
    }
}

impl<T> Deref for InContext<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.object
    }
}

impl<T> Drop for InContext<T> {
    fn drop(&mut self) {
        // Where that fails the context is gone, and the object with it.
        let _current = self.context.enter();
        // SAFETY: dropped here alone.
        unsafe { ManuallyDrop::drop(&mut self.object) };
    }
}
