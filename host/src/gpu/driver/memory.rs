//! Device memory, and copies to and from it.
#![allow(unsafe_code)]

use super::fence::Fence;
use super::raw::RawStream;
use super::{GpuContext, GpuStream, failed};
use crate::{Error, Result};
use cust::error::ToResult;
use cust::sys;

/// Bytes of device memory.
///
/// Copies, fills and the decoding of batches into it are done in the order in which they were
/// started, whatever threads and streams they were started from.
pub struct DeviceMemory {
    address: u64,
    len: u64,
    uses: Fence,
    context: GpuContext,
}

impl Drop for DeviceMemory {
    fn drop(&mut self) {
        // Where waiting fails the context is gone, and with it all work on the memory.
        let _ = self.uses.wait();
        let _current = self.context.enter();
        // SAFETY: it was allocated as long as this when this value was made, and is freed once.
        unsafe { self.context.allocator().free(self.address, allocated(self.len)) };
    }
}

/// The bytes to allocate for `len`, at least one.
fn allocated(len: u64) -> u64 {
    len.max(1)
}

impl DeviceMemory {
    /// Allocates `len` bytes in a context, aligned to 256, all of them 0.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; [`Error::Gpu`].
    pub fn new(context: &GpuContext, len: u64) -> Result<Self> {
        let memory = Self::uninitialised(context, len)?;
        memory.fill(0)?;
        Ok(memory)
    }

    /// As [`DeviceMemory::new`], with the memory's earlier content, which no caller may see.
    pub(in crate::gpu) fn uninitialised(context: &GpuContext, len: u64) -> Result<Self> {
        let uses = Fence::new(context)?;
        let _current = context.enter()?;
        let address = context.allocator().allocate(allocated(len))?;
        Ok(Self { address, len, uses, context: context.clone() })
    }

    /// The device address of the first byte.
    pub fn address(&self) -> u64 {
        self.address
    }

    /// Bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The context that it was allocated in.
    pub fn context(&self) -> &GpuContext {
        &self.context
    }

    /// The address of `len` bytes at `offset`.
    fn part(&self, offset: u64, len: usize) -> Result<u64> {
        let end = offset.checked_add(len as u64);
        if end.is_some_and(|end| end <= self.len) {
            return Ok(self.address + offset);
        }
        let reason = format!("{len} bytes at {offset} of {} bytes of device memory", self.len);
        Err(Error::InvalidArgument(reason))
    }

    /// Copies `bytes` to `offset` and waits for it.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] beyond the end; [`Error::Gpu`].
    pub fn write(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        let target = self.part(offset, bytes.len())?;
        self.transfer("copy to the device", |stream| {
            // SAFETY: the target is inside this memory; the bytes are borrowed until it is waited
            // for.
            unsafe { copy_to(target, bytes, stream) }
        })
    }

    /// Copies from `offset` and waits for it.
    ///
    /// # Errors
    /// As [`DeviceMemory::write`].
    pub fn read(&self, offset: u64, bytes: &mut [u8]) -> Result<()> {
        let source = self.part(offset, bytes.len())?;
        let (start, len) = (bytes.as_mut_ptr(), bytes.len());
        self.transfer("copy from the device", |stream| {
            // SAFETY: the source is inside this memory; the bytes are borrowed until it is waited
            // for.
            unsafe { sys::cuMemcpyDtoHAsync_v2(start.cast(), source, len, stream.handle()) }
        })
    }

    /// Fills the memory with a byte and waits for it.
    ///
    /// # Errors
    /// [`Error::Gpu`].
    pub fn fill(&self, byte: u8) -> Result<()> {
        self.transfer("fill memory", |stream| self.set(byte, stream))
    }

    /// Starts to fill the memory with a byte on a stream, and does not wait.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where the stream is of another context; [`Error::Gpu`].
    pub fn fill_on(&self, byte: u8, stream: &GpuStream) -> Result<()> {
        self.use_on(stream, || {
            self.set(byte, stream.raw()).to_result().map_err(failed("fill memory"))
        })
    }

    fn set(&self, byte: u8, stream: RawStream) -> sys::CUresult {
        // SAFETY: these bytes are this memory's own. The cast is lossless, as they could be
        // allocated.
        unsafe { sys::cuMemsetD8Async(self.address, byte, self.len as usize, stream.handle()) }
    }

    /// Starts to copy all of `source`, which is as long, over this memory.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where lengths or contexts differ; [`Error::Gpu`].
    pub fn copy_from_on(&self, source: &Self, stream: &GpuStream) -> Result<()> {
        if source.len != self.len || std::ptr::eq(self, source) {
            let reason = "device memory is copied to other memory of the same length";
            return Err(Error::InvalidArgument(reason.into()));
        }
        // In the order of their addresses, so that two threads never wait for each other.
        let (first, second) =
            if self.address < source.address { (self, source) } else { (source, self) };
        first.use_on(stream, || {
            second.use_on(stream, || {
                let (to, from, len) = (self.address, source.address, self.len as usize);
                // SAFETY: both are as long.
                unsafe { sys::cuMemcpyDtoDAsync_v2(to, from, len, stream.raw().handle()) }
                    .to_result()
                    .map_err(failed("copy on the device"))
            })
        })
    }

    /// Starts `work`, which uses the memory, on a stream after all earlier uses.
    pub(in crate::gpu) fn use_on<T>(
        &self,
        stream: &GpuStream,
        work: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        self.context.check_same(stream.context(), "the stream", "the memory")?;
        let _current = self.context.enter()?;
        self.uses.after_all(stream.raw(), work)
    }

    /// Waits until all uses that were started are done.
    pub(in crate::gpu) fn wait(&self) -> Result<()> {
        self.uses.wait()
    }

    /// Starts a copy or a fill on the stream for that, and waits for it.
    fn transfer(
        &self,
        action: &'static str,
        start: impl FnOnce(RawStream) -> sys::CUresult,
    ) -> Result<()> {
        if self.is_empty() {
            return Ok(());
        }
        let stream = self.context.transfers();
        {
            let _current = self.context.enter()?;
            let start = || start(stream).to_result().map_err(failed(action));
            self.uses.after_all(stream, start)?;
        }
        self.uses.wait()
    }
}

/// Starts to copy bytes to a device address.
///
/// # Safety
/// There is room for them at the address, the stream is one of the current context, and until its
/// work is done the bytes stay as they are.
unsafe fn copy_to(target: u64, bytes: &[u8], stream: RawStream) -> sys::CUresult {
    // SAFETY: the caller's condition.
    unsafe {
        sys::cuMemcpyHtoDAsync_v2(target, bytes.as_ptr().cast(), bytes.len(), stream.handle())
    }
}

/// Starts to copy `len` bytes from one device address to another.
///
/// # Safety
/// Both are addresses of that many bytes, which do not overlap; the stream is one of the current
/// context, and until its work is done nothing else uses the bytes.
pub(in crate::gpu) unsafe fn start_copy_on_device(
    to: u64,
    from: u64,
    len: u64,
    stream: RawStream,
) -> Result<()> {
    if len == 0 {
        return Ok(());
    }
    // SAFETY: the caller's condition. The cast is lossless, as there is memory of that length.
    unsafe { sys::cuMemcpyDtoDAsync_v2(to, from, len as usize, stream.handle()) }
        .to_result()
        .map_err(failed("copy on the device"))
}

/// As [`copy_to`], for callers that keep its condition themselves.
///
/// # Safety
/// As [`copy_to`].
pub(in crate::gpu) unsafe fn start_copy_to(
    target: u64,
    bytes: &[u8],
    stream: RawStream,
) -> Result<()> {
    if bytes.is_empty() {
        return Ok(());
    }
    // SAFETY: the caller's condition.
    unsafe { copy_to(target, bytes, stream) }.to_result().map_err(failed("copy to the device"))
}
