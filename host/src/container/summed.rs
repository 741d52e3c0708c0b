//! Checksums of text as it is written.

use super::ContentHasher;
use std::io::{self, Write};

/// Writes to `out`, and computes the CRC-32C and the hash of the bytes written.
pub(super) struct Summed<W> {
    pub out: W,
    pub bytes: u64,
    pub crc32c: u32,
    pub hasher: ContentHasher,
}

impl<W: Write> Summed<W> {
    pub fn new(out: W) -> Self {
        Self { out, bytes: 0, crc32c: 0, hasher: ContentHasher::new() }
    }
}

impl<W: Write> Write for Summed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.out.write(bytes)?;
        let written = &bytes[..count];
        self.bytes += count as u64;
        self.crc32c = crc32c::crc32c_append(self.crc32c, written);
        self.hasher.update(written);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
