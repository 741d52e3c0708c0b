//! The tile index (FORMAT.md section 7.3).

use super::{MIN_TILE_WORDS, PlaneCodec, Predictor};
use bytemuck::{Pod, Zeroable};

/// One entry of the tile index as it lies: where a tile's words and exceptions start, and how it is
/// coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct IndexEntry {
    words_start: [u8; 6],
    selector: u8,
    base: u8,
    exceptions_start: [u8; 4],
}

impl IndexEntry {
    /// Bytes of an entry.
    pub const LEN: usize = core::mem::size_of::<Self>();

    /// The entry of a tile. `words_start` has 48 bits, `table` four.
    pub const fn new(
        words_start: u64,
        table: u8,
        predictor: Predictor,
        base: u8,
        exceptions_start: u32,
    ) -> Self {
        let [w0, w1, w2, w3, w4, w5, ..] = words_start.to_le_bytes();
        Self {
            words_start: [w0, w1, w2, w3, w4, w5],
            selector: table | (predictor as u8) << 4,
            base,
            exceptions_start: exceptions_start.to_le_bytes(),
        }
    }

    /// The last entry, which only ends the last tile.
    pub const fn end(word_count: u64, exception_count: u32) -> Self {
        Self::new(word_count, 0, Predictor::None, 0, exception_count)
    }

    /// The tile's first word.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub const fn words_start(&self) -> u64 {
        let [w0, w1, w2, w3, w4, w5] = self.words_start;
        u64::from_le_bytes([w0, w1, w2, w3, w4, w5, 0, 0])
    }

    /// The number of the tile's predictor.
    pub const fn predictor(&self) -> u8 {
        self.selector >> 4
    }

    /// The tile's first exception.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub const fn exceptions_start(&self) -> u32 {
        u32::from_le_bytes(self.exceptions_start)
    }

    /// Number of the tile's table.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub const fn table(&self) -> u8 {
        self.selector & 15
    }
}

/// The limits from a blob's header that every tile must keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpanLimits {
    /// The plane codec.
    pub codec: PlaneCodec,
    /// Tables; 0 where the codec has none.
    pub table_count: u8,
    /// Words of all tiles.
    pub word_count: u64,
    /// Exceptions of all tiles.
    pub exception_count: u32,
}

/// The words, exceptions and coding of one tile; exists only inside its blob's limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TileSpan {
    /// First word.
    pub words_start: u64,
    /// Words.
    pub words: u32,
    /// First exception.
    pub exceptions_start: u32,
    /// Exceptions.
    pub exceptions: u32,
    /// Number of its table; 0 where the codec has none.
    pub table: u8,
    /// Its predictor.
    pub predictor: Predictor,
    /// The residual that ranks count down from.
    pub base: u8,
}

impl TileSpan {
    /// The span between a tile's entry and the next; `None` where they break a rule of FORMAT.md
    /// section 7.3.
    ///
    /// The host checks every tile with this before it decodes, on a CPU or on a GPU. Kernels are
    /// given the checked spans and never read the index.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub fn new(entry: IndexEntry, next: IndexEntry, limits: &SpanLimits) -> Option<Self> {
        let (words_start, words_end) = (entry.words_start(), next.words_start());
        let (exceptions_start, exceptions_end) =
            (entry.exceptions_start(), next.exceptions_start());
        let in_order = words_start <= words_end
            && words_end <= limits.word_count
            && words_end - words_start <= u32::MAX as u64
            && exceptions_start <= exceptions_end
            && exceptions_end <= limits.exception_count;
        let predictor = Predictor::from_u8(entry.predictor())?;
        let span = Self {
            words_start,
            words: words_end.wrapping_sub(words_start) as u32,
            exceptions_start,
            exceptions: exceptions_end.wrapping_sub(exceptions_start),
            table: entry.table(),
            predictor,
            base: entry.base,
        };
        (in_order && span.fits_codec(limits)).then_some(span)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn fits_codec(&self, limits: &SpanLimits) -> bool {
        let codec = limits.codec;
        let table_ok = self.table < limits.table_count || !codec.has_symbols() && self.table == 0;
        let words_ok = !codec.has_symbols() || self.words >= MIN_TILE_WORDS as u32;
        let base_ok =
            if codec.has_ranks() { self.base >= codec.least_base() } else { self.base == 0 };
        let predictor_ok = codec.has_symbols() || matches!(self.predictor, Predictor::None);
        table_ok && words_ok && base_ok && predictor_ok
    }
}
