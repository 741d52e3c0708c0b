//! The order in which a tensor's bytes are coded (FORMAT.md section 2.1).

use super::{Invalid, MIN_BAND_BYTES, ROW_BYTES, TileGrid};
use core::num::NonZeroU32;
use core::ops::Range;

/// Bands of rows, each coded column after column, so that what the elements of a column have in
/// common lies together; exists only where its numbers fit the tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transposition {
    byte_len: u64,
    element_bytes: u8,
    // Not zero, so that dividing by them needs no check.
    columns: NonZeroU32,
    band_rows: NonZeroU32,
}

/// Rows that are transposed together. They have the same bytes before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Band {
    /// Offset of its first byte.
    pub start: u64,
    /// Its rows.
    pub rows: u32,
    /// Elements in a row.
    pub columns: u32,
    /// Bytes of an element: 1, 2, 4 or 8.
    pub element_bytes: u8,
}

impl Transposition {
    /// The order of a tensor of this tiling, with rows of `columns` elements of `element_bytes`
    /// bytes, in bands of `band_rows` rows.
    ///
    /// # Errors
    /// Where a number is out of bounds, the tiling is not flat, the tensor not whole elements, or
    /// it has less than a band.
    pub fn new(
        grid: &TileGrid,
        element_bytes: u8,
        columns: u32,
        band_rows: u32,
    ) -> Result<Self, Invalid> {
        let byte_len = grid.byte_len();
        check(
            matches!(element_bytes, 1 | 2 | 4 | 8),
            "transposed elements have 1, 2, 4 or 8 bytes",
        )?;
        check(grid.row_bytes() == ROW_BYTES as u64, "a transposed tensor is not flat")?;
        let whole = byte_len.is_multiple_of(element_bytes.into());
        check(whole, "the length is not a multiple of the transposed element's size")?;
        let bounds = (NonZeroU32::new(columns), NonZeroU32::new(band_rows));
        let (Some(columns), Some(band_rows)) = bounds else {
            return Err(invalid("a band has no columns or no rows"));
        };
        check(columns.get() > 1 && band_rows.get() > 1, "a band has one column or one row")?;
        let this = Self { byte_len, element_bytes, columns, band_rows };
        let band = u128::from(this.row_bytes()) * u128::from(band_rows.get());
        check(band <= byte_len.into(), "a band is longer than the tensor")?;
        check(band >= MIN_BAND_BYTES.into(), "a band is too short")?;
        Ok(this)
    }

    /// Bytes of an element.
    pub fn element_bytes(&self) -> u8 {
        self.element_bytes
    }

    /// Elements in a row.
    pub fn columns(&self) -> u32 {
        self.columns.get()
    }

    /// Rows of a band, but for the last.
    pub fn band_rows(&self) -> u32 {
        self.band_rows.get()
    }

    /// Bytes of a row.
    pub fn row_bytes(&self) -> u64 {
        u64::from(self.columns.get()) * u64::from(self.element_bytes)
    }

    /// Bytes of a band, but for the last ones.
    fn band_bytes(&self) -> u64 {
        // At most the tensor's.
        self.row_bytes() * u64::from(self.band_rows.get())
    }

    /// Offset of the elements after the last whole row, which stand as they are.
    fn rest(&self) -> u64 {
        self.byte_len - self.byte_len % self.row_bytes()
    }

    /// The band that has the byte at this offset, inside the tensor. The elements after the last
    /// whole row are a band with one row, which looks the same either way.
    pub fn band_at(&self, offset: u64) -> Band {
        let (element_bytes, rest) = (self.element_bytes, self.rest());
        if offset >= rest {
            // Fewer elements than a row has.
            let columns = ((self.byte_len - rest) / u64::from(element_bytes)) as u32;
            return Band { start: rest, rows: 1, columns, element_bytes };
        }
        let start = offset - offset % self.band_bytes();
        // At most the rows of a band.
        let rows = ((rest - start).min(self.band_bytes()) / self.row_bytes()) as u32;
        Band { start, rows, columns: self.columns.get(), element_bytes }
    }

    /// The bands that have some of these bytes of the tensor, in order; none for no bytes.
    pub fn bands(&self, range: Range<u64>) -> impl Iterator<Item = Band> + '_ {
        let mut at = range.start;
        core::iter::from_fn(move || {
            (at < range.end).then(|| {
                let band = self.band_at(at);
                at = band.end();
                band
            })
        })
    }

    /// All bytes of the bands that have some of these bytes.
    pub fn around(&self, range: &Range<u64>) -> Range<u64> {
        if range.is_empty() {
            return range.start..range.start;
        }
        self.band_at(range.start).start..self.band_at(range.end - 1).end()
    }

    /// All bytes of the bands that lie in these bytes, which may end beyond the tensor.
    pub fn inside(&self, range: &Range<u64>) -> Range<u64> {
        let begins = |at: u64| at >= self.byte_len || self.band_at(at).start == at;
        let (start, end) = (range.start, range.end.min(self.byte_len));
        let start = if begins(start) { start } else { self.band_at(start).end() };
        let end = if begins(end) { end } else { self.band_at(end).start };
        start..end.max(start)
    }
}

impl Band {
    /// Bytes of a row.
    pub fn row_bytes(&self) -> u64 {
        u64::from(self.columns) * u64::from(self.element_bytes)
    }

    /// Offset of the byte after its last.
    pub fn end(&self) -> u64 {
        // Inside the tensor.
        self.start + self.row_bytes() * u64::from(self.rows)
    }
}

fn check(holds: bool, reason: &'static str) -> Result<(), Invalid> {
    if holds { Ok(()) } else { Err(invalid(reason)) }
}

fn invalid(reason: &'static str) -> Invalid {
    Invalid::new("blob header", reason)
}
