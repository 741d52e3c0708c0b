//! Device memory and copies.
#![allow(unsafe_code)]

use super::device::OpenDevice;
use super::stream::RawStream;
use super::{failed, succeeded};
use crate::{Error, Result};
use cust::memory::{AsyncCopyDestination, CopyDestination};
use cust::memory::{DeviceBuffer, DeviceSlice};
use cust::stream::Stream;
use cust::sys::cuMemcpyHtoDAsync_v2;
use std::sync::Arc;

/// Bytes of device memory, uninitialised where nothing was copied to them.
pub struct DeviceMemory {
    buffer: DeviceBuffer<u8>,
    // Behind the buffer, which is freed in the context that this keeps alive.
    device: Arc<OpenDevice>,
}

impl Drop for DeviceMemory {
    fn drop(&mut self) {
        // The buffer is freed next, on whatever thread this is. Where that fails the context is gone, and its memory.
        let _ = self.device.make_current();
    }
}

impl DeviceMemory {
    /// Allocates `len` bytes on a device, aligned to 256.
    pub(super) fn new(device: &Arc<OpenDevice>, len: u64) -> Result<Self> {
        device.make_current()?;
        let too_large = || Error::OutOfMemory { what: "the GPU", bytes: len };
        // The driver refuses to allocate nothing.
        let bytes = usize::try_from(len).map_err(|_| too_large())?.max(1);
        // SAFETY: bytes have no invalid values, and nothing here reads any before it was written by a copy or a kernel.
        let buffer = unsafe { DeviceBuffer::uninitialized(bytes) };
        match buffer {
            Ok(buffer) => Ok(Self { buffer, device: Arc::clone(device) }),
            Err(cust::error::CudaError::OutOfMemory) => Err(too_large()),
            Err(error) => Err(failed("allocate memory")(error)),
        }
    }

    /// The device address of the first byte.
    pub fn address(&self) -> u64 {
        self.buffer.as_device_ptr().as_raw()
    }

    /// Bytes.
    pub fn len(&self) -> u64 {
        self.buffer.len() as u64
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    fn slice(&self, offset: u64, len: usize) -> Result<DeviceSlice<u8>> {
        self.device.make_current()?;
        let end = usize::try_from(offset).ok().and_then(|offset| offset.checked_add(len));
        match end {
            Some(end) if end <= self.buffer.len() => Ok(self.buffer.index(end - len..end)),
            _ => Err(Error::InvalidArgument(format!(
                "{len} bytes at {offset} of {} bytes of device memory",
                self.buffer.len()
            ))),
        }
    }

    /// Copies `bytes` to `offset` and waits for it.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] beyond the end; [`Error::Gpu`].
    pub fn write(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.slice(offset, bytes.len())?.copy_from(bytes).map_err(failed("copy to the device"))
    }

    /// Begins to copy `bytes` to `offset`.
    ///
    /// # Errors
    /// As [`DeviceMemory::write`].
    ///
    /// # Safety
    /// Until what was begun on `stream` is done `bytes` stay as they are, and the memory is not freed.
    pub(super) unsafe fn begin_write(
        &self,
        offset: u64,
        bytes: &[u8],
        stream: RawStream,
    ) -> Result<()> {
        let target = self.slice(offset, bytes.len())?.as_device_ptr().as_raw();
        // SAFETY: the target is inside the memory; the rest is the caller's condition.
        let result = unsafe {
            cuMemcpyHtoDAsync_v2(target, bytes.as_ptr().cast(), bytes.len(), stream.handle())
        };
        succeeded("copy to the device", result)
    }

    /// Copies from `offset` and waits for it.
    ///
    /// # Errors
    /// As [`DeviceMemory::write`].
    pub fn read(&self, offset: u64, bytes: &mut [u8]) -> Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.slice(offset, bytes.len())?.copy_to(bytes).map_err(failed("copy from the device"))
    }

    /// Begins to copy all of `source`, which is as long, over this memory.
    ///
    /// # Errors
    /// [`Error::Gpu`].
    pub(super) fn begin_copy_from(&self, source: &Self, stream: &Stream) -> Result<()> {
        let mut target = self.buffer.index(..);
        // SAFETY: both buffers outlive the copy, as the only caller waits for the stream before it drops them.
        unsafe { target.async_copy_from(&source.buffer.index(..), stream) }
            .map_err(failed("copy on the device"))
    }

    /// Fills the memory with a byte and waits for it.
    ///
    /// # Errors
    /// [`Error::Gpu`].
    pub fn fill(&self, byte: u8) -> Result<()> {
        self.device.make_current()?;
        let mut all = self.buffer.index(..);
        all.set_8(byte).map_err(failed("fill memory"))
    }
}
