//! A delta, parsed and checked.

use super::header::{DeltaForm, DeltaHeader, corrupt};
use super::rows::RowMap;
use super::{LONG_GAP, SEGMENT_BYTES};
use crate::blob::BlobSummary;
use crate::memory::reserve;
use crate::{Blob, Result};
use std::fmt;

/// A tensor that is coded against a reference (FORMAT.md section 10): sizes and counts in it are
/// proven. [`crate::Decoder::decode_against`] decodes it.
#[derive(Debug, Clone)]
pub struct Delta<'a> {
    bytes: &'a [u8],
    pub(super) header: DeltaHeader,
    pub(super) segments: Vec<Segment>,
    /// The map of rows.
    pub(super) rows: Option<Blob<'a>>,
    /// Of a sparse one.
    pub(super) gaps: Option<Blob<'a>>,
    pub(super) differences: Blob<'a>,
}

/// A part of the tensor, with its changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Segment {
    /// Codes of gaps.
    pub codes: u32,
    /// Elements that changed.
    pub changes: u32,
}

/// A summary of a delta's coding, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeltaSummary {
    /// What it holds.
    pub form: DeltaForm,
    /// Elements whose differences it holds.
    pub differences: u64,
    /// Bytes of a row, where each is coded against a row that a map tells.
    pub row_bytes: Option<u64>,
    /// How the differences are coded.
    pub coding: BlobSummary,
}

impl fmt::Display for DeltaSummary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let form = match self.form {
            DeltaForm::Dense => "all",
            DeltaForm::Sparse => "changes",
        };
        let Self { differences, row_bytes, coding, .. } = self;
        write!(formatter, "{form} against a reference, {differences} differences, {coding}")?;
        match row_bytes {
            Some(bytes) => write!(formatter, ", rows of {bytes} bytes by a map"),
            None => Ok(()),
        }
    }
}

impl<'a> Delta<'a> {
    /// Parses and checks `bytes`; nothing is allocated from an unproven size.
    ///
    /// # Errors
    /// [`crate::Error::Corrupt`] naming the part; [`crate::Error::UnknownFeature`] where a newer
    /// version may have written it; [`crate::Error::Truncated`] or [`crate::Error::TrailingData`];
    /// [`crate::Error::OutOfMemory`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self> {
        let header = DeltaHeader::parse(bytes)?;
        let mut rest = &bytes[DeltaHeader::LEN..];
        // The lengths add up to that of the bytes.
        let mut take = |len: u64| {
            let (part, after) = rest.split_at(len as usize);
            rest = after;
            part
        };
        let counts = take(header.segments_len());
        let [rows, gaps] = [header.rows_len, header.gaps_len].map(&mut take);
        let differences = blob(take(header.differences_len), "the differences")?;
        let rows = header.row_bytes.map(|_| blob(rows, "the map of rows")).transpose()?;
        let is_sparse = header.form == DeltaForm::Sparse;
        let gaps = is_sparse.then(|| blob(gaps, "the gaps")).transpose()?;
        let segments = segments(&header, counts)?;
        let parsed = Self { bytes, header, segments, rows, gaps, differences };
        parsed.check_lengths()?;
        Ok(parsed)
    }

    fn check_lengths(&self) -> Result<()> {
        let header = &self.header;
        let (width, stored) = (u64::from(header.width), u64::from(header.stored_width));
        let sum = |count: fn(&Segment) -> u32| -> u64 {
            self.segments.iter().map(|segment| u64::from(count(segment))).sum()
        };
        let differences = match header.form {
            DeltaForm::Dense => header.byte_len / width * stored,
            DeltaForm::Sparse => sum(|segment| segment.changes) * stored,
        };
        if self.differences.byte_len() != differences {
            return Err(corrupt("it has not as many differences as it needs"));
        }
        let gaps = self.gaps.as_ref().map_or(0, Blob::byte_len);
        if gaps != sum(|segment| segment.codes) {
            return Err(corrupt("its gaps are not those of its segments"));
        }
        let rows = header.row_bytes.map_or(0, |row| header.byte_len / row);
        match self.rows.as_ref().map_or(0, Blob::byte_len) == 4 * rows {
            true => Ok(()),
            false => Err(corrupt("its map does not have as many rows as it")),
        }
    }

    /// Length of the decoded tensor in bytes.
    pub fn byte_len(&self) -> u64 {
        self.header.byte_len
    }

    /// Length of the reference in bytes.
    pub fn reference_len(&self) -> u64 {
        self.header.reference_len
    }

    /// Returns whether its rows lie at other places in the reference.
    pub fn has_row_map(&self) -> bool {
        self.rows.is_some()
    }

    /// The bytes that it was parsed from.
    pub fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Bytes of an element, and of a difference as it is stored.
    #[cfg(feature = "gpu")]
    pub(crate) fn widths(&self) -> (u8, u8) {
        (self.header.width, self.header.stored_width)
    }

    /// The segments of a sparse one.
    #[cfg(feature = "gpu")]
    pub(crate) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Where in its bytes the blobs of gaps and differences begin, multiples of 16.
    #[cfg(feature = "gpu")]
    pub(crate) fn gaps_and_differences(&self) -> (u64, u64) {
        let header = &self.header;
        let gaps = DeltaHeader::LEN as u64 + header.segments_len() + header.rows_len;
        (gaps, gaps + header.gaps_len)
    }

    /// The blob of the differences.
    pub(crate) fn differences(&self) -> &Blob<'a> {
        &self.differences
    }

    /// The blob of the gaps; `None` where every difference is there.
    pub(crate) fn gaps(&self) -> Option<&Blob<'a>> {
        self.gaps.as_ref()
    }

    /// The blob of the map of rows, and the bytes of a row.
    pub(crate) fn rows(&self) -> Option<(&Blob<'a>, u64)> {
        self.rows.as_ref().zip(self.header.row_bytes)
    }

    /// The map of rows from what its blob decodes to; `None` where there is none.
    ///
    /// # Errors
    /// As [`RowMap::of_codes`].
    pub(crate) fn row_map_of(&self, codes: &[u8]) -> Result<Option<RowMap>> {
        let Some((_, row)) = self.rows() else { return Ok(None) };
        RowMap::of_codes(row, codes, self.reference_len() / row).map(Some)
    }

    /// The summary of its coding.
    pub fn summary(&self) -> DeltaSummary {
        DeltaSummary {
            form: self.header.form,
            differences: self.differences.byte_len() / u64::from(self.header.stored_width),
            row_bytes: self.header.row_bytes,
            coding: self.differences.summary(),
        }
    }
}

fn blob<'a>(bytes: &'a [u8], what: &'static str) -> Result<Blob<'a>> {
    Blob::parse(bytes).map_err(|error| error.within(what))
}

/// The counts of all segments, none of which has more than its elements allow.
fn segments(header: &DeltaHeader, bytes: &[u8]) -> Result<Vec<Segment>> {
    let (counts, padding) = bytes.split_at(header.counts_len() as usize);
    if padding.iter().any(|&byte| byte != 0) {
        return Err(corrupt("the padding of its segments is not zero"));
    }
    let mut segments = reserve(header.segments(), "the segments of a delta")?;
    let (counts, _) = counts.as_chunks::<8>();
    for (number, counts) in (0..).zip(counts) {
        let [codes, changes] =
            [0, 4].map(|at| u32::from_le_bytes(std::array::from_fn(|index| counts[at + index])));
        let elements = elements(header, number);
        if changes > codes || codes - changes > elements / u32::from(LONG_GAP) || changes > elements
        {
            return Err(corrupt("a segment has more changes, or gaps, than elements"));
        }
        segments.push(Segment { codes, changes });
    }
    Ok(segments)
}

/// Elements of a segment.
fn elements(header: &DeltaHeader, segment: u64) -> u32 {
    let bytes = (header.byte_len - segment * SEGMENT_BYTES as u64).min(SEGMENT_BYTES as u64);
    (bytes / u64::from(header.width)) as u32
}
