//! Memory of Python's, by its address.
#![allow(unsafe_code)]

use std::slice;

/// Bytes of an array that Python keeps alive while a call lasts, in host memory unless it is said that they are not.
///
/// The Python sources of the package make these from arrays that they hold on to: contiguous, and of exactly this
/// length. No other code has a way to the native module but by its private name.
#[derive(Debug, Clone, Copy)]
pub struct Bytes {
    address: usize,
    len: usize,
}

impl Bytes {
    pub fn new(address: usize, len: usize) -> Self {
        Self { address, len }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    /// The address of the first byte, for memory of a GPU's, which is neither read nor written here.
    pub fn address(&self) -> usize {
        self.address
    }

    /// The bytes, to be read.
    pub fn as_slice<'a>(self) -> &'a [u8] {
        if self.len == 0 {
            return &[];
        }
        // SAFETY: the Python sources vouch for the memory, as the type says, and use the slice in the call alone. It was
        // filled by the framework that made the array.
        unsafe { slice::from_raw_parts(self.address as *const u8, self.len) }
    }

    /// The bytes, to be written by one thread.
    pub fn into_slice<'a>(self) -> &'a mut [u8] {
        if self.len == 0 {
            return &mut [];
        }
        // SAFETY: as in `as_slice`; an array is handed over for writing right after it was made, when nothing else has
        // it, and once. Its memory comes from an allocator that this program knows nothing of, so that it has some
        // bytes, whatever they are.
        unsafe { slice::from_raw_parts_mut(self.address as *mut u8, self.len) }
    }
}
