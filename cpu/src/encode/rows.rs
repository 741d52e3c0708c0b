//! Rows of bytes that need not lie one after the other.

use crate::prefetch::{READ_ROWS_AHEAD, prefetch_read};

/// Rows of equally many bytes, equally far apart.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    bytes: &'a [u8],
    len: usize,
    stride: usize,
}

impl<'a> Rows<'a> {
    /// Rows of `len` bytes, the first byte of each `stride` after that of the row before; `bytes`
    /// ends with the last row.
    ///
    /// # Panics
    /// Where rows are empty or overlap.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub fn new(bytes: &'a [u8], len: usize, stride: usize) -> Self {
        assert!(0 < len && len <= stride, "rows are empty or overlap");
        Self { bytes, len, stride }
    }

    /// The number of rows.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub fn count(self) -> usize {
        self.bytes.len().checked_sub(self.len).map_or(0, |others| others / self.stride + 1)
    }

    /// Row `number`.
    ///
    /// # Panics
    /// If there are fewer rows.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub fn row(self, number: usize) -> &'a [u8] {
        &self.bytes[number * self.stride..][..self.len]
    }

    /// The same bytes as one row, if no others lie between them: for callers that need no row ends.
    pub fn together(self) -> Self {
        let whole = self.count() * self.len;
        if self.stride > self.len || whole == 0 {
            return self;
        }
        Self { bytes: &self.bytes[..whole], len: whole, stride: whole }
    }

    /// Bytes of a row.
    pub fn row_len(self) -> usize {
        self.len
    }

    /// All rows, of which some are fetched ahead.
    pub fn iter(self) -> impl Iterator<Item = &'a [u8]> {
        let count = self.count();
        (0..READ_ROWS_AHEAD.min(count)).for_each(|number| self.prefetch(number));
        (0..count).map(move |number| {
            self.prefetch((number + READ_ROWS_AHEAD).min(count - 1));
            self.row(number)
        })
    }

    /// Prefetches row `number`, unless the rows lie one after another: those the CPU prefetches
    /// itself.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub fn prefetch(self, number: usize) {
        if self.stride > self.len {
            prefetch_read(self.row(number));
        }
    }
}
