//! Rows of elements.

/// The rows that a tensor's bytes are seen as, whichever its own are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rows {
    pub element_bytes: u8,
    pub columns: u32,
}

impl Rows {
    /// Bytes of a row.
    pub fn bytes(&self) -> u64 {
        u64::from(self.element_bytes) * u64::from(self.columns)
    }
}
