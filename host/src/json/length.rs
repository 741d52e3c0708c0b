//! The length of a JSON text that nothing keeps.

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
