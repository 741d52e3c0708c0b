//! Tensors to encode, and where they and their blobs lie on the device.

use super::extent::TensorExtent;
use crate::{Dtype, Error, Result};

/// Tensors and buffers lie on multiples of this.
const ADDRESS_ALIGN: u64 = 16;

/// A tensor in device memory to encode, and the buffer for its blob.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct TensorToEncode {
    /// Its element type, which tells how elements are split.
    pub dtype: Dtype,
    /// Bytes of the tensor, below 2^40 times its elements' size.
    pub byte_len: u64,
    /// Device address of its bytes, 16-byte aligned.
    pub address: u64,
    /// Device address of the buffer, 16-byte aligned.
    pub buffer: u64,
    /// Bytes of the buffer, [`super::encoded_len_bound`] or more.
    pub buffer_len: u64,
}

impl TensorToEncode {
    /// A tensor of so many bytes at one device address, and a buffer of so many at another.
    pub fn new(dtype: Dtype, address: u64, byte_len: u64, buffer: u64, buffer_len: u64) -> Self {
        Self { dtype, byte_len, address, buffer, buffer_len }
    }
}

/// The place of a blob in its buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct BlobPlace {
    /// Byte offset of the blob, a multiple of 16: what stands before it in the buffer is of no use.
    pub offset: u64,
    /// Bytes of the blob.
    pub len: u64,
}

/// Checks a tensor's addresses and lengths.
pub(super) fn check(tensor: &TensorToEncode) -> Result<TensorExtent> {
    let &TensorToEncode { dtype, byte_len, address, buffer, buffer_len } = tensor;
    let refuse = |reason: String| Err(Error::InvalidArgument(reason));
    let extent = TensorExtent::new(dtype, byte_len)?;
    for (what, address, len) in [("a tensor", address, byte_len), ("a buffer", buffer, buffer_len)]
    {
        if !address.is_multiple_of(ADDRESS_ALIGN) {
            return refuse(format!("{what} at {address:#x}, which is no multiple of 16"));
        }
        if address.checked_add(len).is_none() {
            return refuse(format!("{what} of {len} bytes at {address:#x} does not end"));
        }
    }
    let bound = extent.bound()?;
    if buffer_len < bound {
        return refuse(format!(
            "a buffer of {buffer_len} bytes for the blob of {byte_len} bytes of {dtype}, which may \
             take {bound}"
        ));
    }
    Ok(extent)
}
