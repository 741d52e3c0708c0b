//! The header of a delta (FORMAT.md section 10.1).

use super::SEGMENT_BYTES;
use crate::{Error, Result};

/// Bytes that the parts of a delta begin at multiples of.
const ALIGN: u64 = 16;
/// Bytes of the counts of a segment.
const COUNTS_LEN: u64 = 8;
/// The version of deltas that is written, and the newest that is read.
const VERSION: u8 = 1;

/// What of the differences a delta holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeltaForm {
    /// That of every element.
    Dense,
    /// Those of the elements that changed, and the gaps between these.
    Sparse,
}

/// The header, whose numbers fit each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeltaHeader {
    /// Bytes of the integers that elements are taken as.
    pub width: u8,
    pub form: DeltaForm,
    /// Bytes of a difference as it is stored: those above are zero in all of them.
    pub stored_width: u8,
    pub byte_len: u64,
    pub reference_len: u64,
    /// Bytes of a row, where a map says which row of the reference each row is coded against.
    pub row_bytes: Option<u64>,
    /// Bytes of the blobs.
    pub rows_len: u64,
    pub gaps_len: u64,
    pub differences_len: u64,
}

impl DeltaHeader {
    pub const LEN: usize = 64;
    pub const MAGIC: [u8; 4] = *b"WCTD";

    /// The bytes as they lie before the parts.
    pub fn to_bytes(self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[..4].copy_from_slice(&Self::MAGIC);
        bytes[4..8].copy_from_slice(&[VERSION, self.width, self.form as u8, self.stored_width]);
        let numbers = [
            self.byte_len,
            self.reference_len,
            self.row_bytes.unwrap_or(0),
            self.rows_len,
            self.gaps_len,
            self.differences_len,
            self.delta_len(),
        ];
        for (place, number) in bytes[8..].chunks_exact_mut(8).zip(numbers) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        bytes
    }

    /// Reads the header of a delta that is `bytes`.
    ///
    /// # Errors
    /// [`Error::Corrupt`]; [`Error::UnknownFeature`] where a newer version may have written it;
    /// [`Error::Truncated`] or [`Error::TrailingData`].
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let wrong_length =
            |expected| Error::wrong_length("the delta", expected, bytes.len() as u64);
        let header = bytes.first_chunk::<{ Self::LEN }>();
        let header = header.ok_or_else(|| wrong_length(Self::LEN as u64))?;
        if header[..4] != Self::MAGIC {
            return Err(corrupt("it does not begin with WCTD"));
        }
        let [version, width, form, stored_width] = [4, 5, 6, 7].map(|at| header[at]);
        check_version(version)?;
        let [byte_len, reference_len, row_bytes, rows_len, gaps_len, differences_len, delta_len] =
            std::array::from_fn(|index| number(header, 8 + 8 * index));
        let form = match form {
            0 => DeltaForm::Dense,
            1 => DeltaForm::Sparse,
            _ => return Err(unknown("form", form)),
        };
        let row_bytes = (row_bytes > 0).then_some(row_bytes);
        let parsed = Self {
            width,
            form,
            stored_width,
            byte_len,
            reference_len,
            row_bytes,
            rows_len,
            gaps_len,
            differences_len,
        };
        parsed.check().map_err(corrupt)?;
        let expected =
            parsed.checked_len().ok_or_else(|| corrupt("its parts exceed 2^64 bytes"))?;
        if expected != delta_len {
            return Err(corrupt("its length is not that of its parts"));
        }
        if delta_len == bytes.len() as u64 { Ok(parsed) } else { Err(wrong_length(delta_len)) }
    }

    fn check(&self) -> std::result::Result<(), &'static str> {
        let width = u64::from(self.width);
        let fault = match self.row_bytes {
            _ if !is_width(self.width) => "its elements are not 1, 2, 4 or 8 bytes",
            _ if !is_width(self.stored_width) || self.stored_width > self.width => {
                "its differences are not 1, 2, 4 or 8 bytes, and no more than its elements"
            }
            _ if !self.byte_len.is_multiple_of(width) => "its elements are not whole",
            None if self.byte_len != self.reference_len => "its reference has another length",
            None if self.rows_len != 0 => "it has a map of rows, and no rows",
            Some(row) if !row.is_multiple_of(width) => "the elements of its rows are not whole",
            Some(row) if !self.byte_len.is_multiple_of(row) => "its rows are not whole",
            Some(row) if !self.reference_len.is_multiple_of(row) => {
                "the rows of its reference are not whole"
            }
            Some(row) if self.reference_len / row > MOST_ROWS => "its reference has too many rows",
            _ if self.form == DeltaForm::Dense && self.gaps_len != 0 => {
                "it has gaps, and every difference"
            }
            _ => return Ok(()),
        };
        Err(fault)
    }

    /// The number of segments; none where every difference is there.
    pub fn segments(&self) -> u64 {
        match self.form {
            DeltaForm::Dense => 0,
            DeltaForm::Sparse => self.byte_len.div_ceil(SEGMENT_BYTES as u64),
        }
    }

    /// Bytes of the counts of all segments.
    pub fn counts_len(&self) -> u64 {
        self.segments() * COUNTS_LEN
    }

    /// Bytes of the part with these counts.
    pub fn segments_len(&self) -> u64 {
        self.counts_len().next_multiple_of(ALIGN)
    }

    /// Bytes of a delta that was parsed, or that is in memory.
    pub fn delta_len(&self) -> u64 {
        self.checked_len().unwrap_or(u64::MAX)
    }

    fn checked_len(&self) -> Option<u64> {
        let parts = [self.segments_len(), self.rows_len, self.gaps_len, self.differences_len];
        parts.into_iter().try_fold(Self::LEN as u64, u64::checked_add)
    }
}

/// The most rows of a reference: distances between them fit 32 bits with their sign.
pub const MOST_ROWS: u64 = (1 << 31) - 1;

fn is_width(bytes: u8) -> bool {
    matches!(bytes, 1 | 2 | 4 | 8)
}

fn check_version(version: u8) -> Result<()> {
    match version {
        VERSION => Ok(()),
        0 => Err(corrupt("there is no version 0 of deltas")),
        newer => Err(unknown("version of a delta", newer)),
    }
}

fn unknown(feature: &'static str, number: u8) -> Error {
    Error::UnknownFeature { place: "the delta".to_owned(), feature, number }
}

/// A fault of a delta.
pub fn corrupt(reason: &'static str) -> Error {
    Error::corrupt("the delta", reason)
}

fn number(bytes: &[u8; DeltaHeader::LEN], at: usize) -> u64 {
    u64::from_le_bytes(std::array::from_fn(|index| bytes[at + index]))
}
