//! The reason why bytes are not a blob.

use core::fmt;

/// A rule of FORMAT.md section 7 that some bytes break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invalid {
    /// The part of the blob: "blob header", "table 3".
    pub part: &'static str,
    /// The violation: "the sum of the frequencies is not a power of two"; for an unknown number its
    /// kind: "split".
    pub reason: &'static str,
    /// A number without a meaning in this version; a newer one may give it one.
    pub unknown: Option<u8>,
}

impl Invalid {
    /// `reason` found in `part`.
    pub const fn new(part: &'static str, reason: &'static str) -> Self {
        Self { part, reason, unknown: None }
    }

    /// An unknown number in `part`; `kind` names its field, such as "split".
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
