//! Host memory that the device copies from and to by itself.
#![allow(unsafe_code)]

use super::device::OpenDevice;
use super::succeeded;
use crate::{Error, Result};
use cust::sys::{self, CUresult};
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use std::sync::Arc;

/// Pinned bytes. To get them takes long, so that they are best kept.
pub struct PinnedMemory {
    start: NonNull<u8>,
    len: usize,
    device: Arc<OpenDevice>,
}

// SAFETY: it owns its bytes, as a boxed slice does.
unsafe impl Send for PinnedMemory {}
// SAFETY: as above.
unsafe impl Sync for PinnedMemory {}

impl PinnedMemory {
    /// Pins `len` bytes, all of them 0.
    pub(super) fn new(device: &Arc<OpenDevice>, len: usize) -> Result<Self> {
        device.make_current()?;
        let mut start = std::ptr::null_mut();
        // SAFETY: there is room for a pointer. The driver refuses to allocate nothing.
        let result = unsafe { sys::cuMemAllocHost_v2(&raw mut start, len.max(1)) };
        if result == CUresult::CUDA_ERROR_OUT_OF_MEMORY {
            return Err(Error::OutOfMemory { what: "pinned memory", bytes: len as u64 });
        }
        succeeded("pin memory", result)?;
        let start = NonNull::new(start.cast::<u8>())
            .ok_or(Error::OutOfMemory { what: "pinned memory", bytes: len as u64 })?;
        // SAFETY: the driver gave that many bytes.
        unsafe { start.write_bytes(0, len) };
        Ok(Self { start, len, device: Arc::clone(device) })
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
        // SAFETY: as above, and nobody else has them.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }
}

impl Drop for PinnedMemory {
    fn drop(&mut self) {
        // Where either fails the context is gone, and its memory.
        let _ = self.device.make_current();
        // SAFETY: the pointer came from the driver, and nobody uses it again.
        unsafe { sys::cuMemFreeHost(self.start.as_ptr().cast()) };
    }
}
