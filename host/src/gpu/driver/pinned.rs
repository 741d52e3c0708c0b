//! Host memory that the device copies from and to by itself.
#![allow(unsafe_code)]

use super::{GpuContext, failed};
use crate::{Error, Result};
use cust::error::CudaError;
use cust::memory::{cuda_free_locked, cuda_malloc_locked};
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

/// Pinned bytes. Pinning takes long, so keep them.
pub struct PinnedMemory {
    start: NonNull<u8>,
    len: usize,
    context: GpuContext,
}

// SAFETY: it owns its bytes, as a boxed slice does.
unsafe impl Send for PinnedMemory {}
// SAFETY: as above.
unsafe impl Sync for PinnedMemory {}

impl PinnedMemory {
    /// Pins `len` bytes, all of them 0.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; [`Error::Gpu`].
    pub fn new(context: &GpuContext, len: usize) -> Result<Self> {
        let _current = context.enter()?;
        let out_of_memory = || Error::OutOfMemory { what: "pinned memory", bytes: len as u64 };
        // The driver refuses to allocate nothing.
        // SAFETY: all of it is written to below.
        let start = match unsafe { cuda_malloc_locked::<u8>(len.max(1)) } {
            Ok(start) => NonNull::new(start).ok_or_else(out_of_memory)?,
            Err(CudaError::OutOfMemory) => return Err(out_of_memory()),
            Err(error) => return Err(failed("pin memory")(error)),
        };
        // SAFETY: the driver gave that many bytes.
        unsafe { start.write_bytes(0, len) };
        Ok(Self { start, len, context: context.clone() })
    }
}

impl Deref for PinnedMemory {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: the bytes are this value's own, and were written when it was made.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }
}

impl DerefMut for PinnedMemory {
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, and the borrow is the only one.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }
}

impl Drop for PinnedMemory {
    fn drop(&mut self) {
        // Where either fails the context is gone, and its memory.
        let _current = self.context.enter();
        // SAFETY: the pointer came from the driver, and is not used again.
        let _ = unsafe { cuda_free_locked(self.start.as_ptr()) };
    }
}
