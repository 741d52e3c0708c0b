//! Memory to decode into.

use std::ops::{Deref, DerefMut};

/// The alignment of tensors in tensor libraries: a cache line.
const ALIGNMENT: usize = 64;

/// Poisoned memory that begins where a tensor library's would.
pub struct Buffer {
    bytes: Vec<u8>,
    start: usize,
}

impl Buffer {
    /// The byte that it is filled with.
    pub const POISON: u8 = 0xA5;

    /// `len` bytes.
    pub fn poisoned(len: usize) -> Self {
        let mut bytes = vec![Self::POISON; len + ALIGNMENT];
        let start = bytes.as_ptr().align_offset(ALIGNMENT);
        bytes.truncate(start + len);
        Self { bytes, start }
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[self.start..]
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..]
    }
}
