//! Why bytes are not a blob.

use core::fmt;

/// A rule of FORMAT.md section 7 that some bytes break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invalid {
    /// The part of the blob: "blob header", "table 3".
    pub part: &'static str,
    /// The rule, as what was found: "the sum of the frequencies is not a power of two"; for an
    /// unknown number, what it numbers: "split".
    pub reason: &'static str,
    /// A number that this version has no meaning for and a newer one may.
    pub unknown: Option<u8>,
}

impl Invalid {
    /// `reason` found in `part`.
    pub const fn new(part: &'static str, reason: &'static str) -> Self {
        Self { part, reason, unknown: None }
    }

    /// A number in `part` of which this version knows no `kind`, such as "split".
    pub const fn unknown(part: &'static str, kind: &'static str, number: u8) -> Self {
        Self { part, reason: kind, unknown: Some(number) }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.unknown {
            None => write!(f, "{}: {}", self.part, self.reason),
            Some(number) => write!(f, "{}: {} {number} is not known", self.part, self.reason),
        }
    }
}

impl core::error::Error for Invalid {}
