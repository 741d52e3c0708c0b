//! Where JSON is written to that nothing keeps.

use std::io::{self, Write};

/// Counts the bytes of a JSON text.
#[derive(Debug, Default)]
pub(crate) struct JsonLength(u64);

impl JsonLength {
    /// The bytes written so far.
    pub fn bytes(&self) -> u64 {
        self.0
    }
}

impl Write for JsonLength {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes on, and takes the CRC-32C and the hash of what it writes.
pub(super) struct Summed<W> {
    pub out: W,
    pub bytes: u64,
    pub crc32c: u32,
    pub hasher: super::ContentHasher,
}

impl<W: Write> Summed<W> {
    pub fn new(out: W) -> Self {
        Self { out, bytes: 0, crc32c: 0, hasher: super::ContentHasher::new() }
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
