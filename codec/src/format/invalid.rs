//! Why bytes are not a blob.

use core::fmt;

/// A rule of FORMAT.md section 7 that some bytes break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invalid {
    /// The part of the blob: "blob header", "table 3".
    pub part: &'static str,
    /// The rule, as what was found: "the sum of the frequencies is not a power of two".
    pub reason: &'static str,
}

impl Invalid {
    /// `reason` found in `part`.
    pub const fn new(part: &'static str, reason: &'static str) -> Self {
        Self { part, reason }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.part, self.reason)
    }
}

impl core::error::Error for Invalid {}
