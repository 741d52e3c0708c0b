//! Zeros in device memory of the caller's.
#![allow(unsafe_code)]

use super::failed;
use super::raw::RawStream;
use crate::Result;
use cust::error::ToResult;
use cust::sys;

/// Starts to write zeros to `len` bytes at a device address.
///
/// # Safety
/// There are so many bytes, the stream is one of the current context, and until its work is done
/// nothing else uses them.
pub(in crate::gpu) unsafe fn start_zeroing(target: u64, len: u64, stream: RawStream) -> Result<()> {
    if len == 0 {
        return Ok(());
    }
    // SAFETY: the caller's condition. The cast is lossless, as there is memory of that length.
    unsafe { sys::cuMemsetD8Async(target, 0, len as usize, stream.handle()) }
        .to_result()
        .map_err(failed("fill memory"))
}
