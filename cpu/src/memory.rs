//! The memory that a warp may touch while it decodes one tile.

use wcodec_codec::entropy::{rans, tans};
use wcodec_codec::format::{MAX_PROB_BITS, ROW_BYTES, Table};
use wcodec_codec::plane::EntropyCoder;

/// The look-up table of a CPU's warps.
#[derive(Debug, Clone)]
pub struct ExpandedTable {
    /// The entries of its states. For rANS they are those of [`rans::slots`]; for tANS there are zeros
    /// after them, and an entry is that of [`tans::entry`] but for its upper half, which moved left by
    /// the entry's number of bits, those bits after it, is the next state.
    pub(crate) entries: [u32; 1 << MAX_PROB_BITS],
    prob_bits: u8,
}

/// Stands in for the table of codecs that have none.
pub static NO_TABLE: ExpandedTable =
    ExpandedTable { entries: [0; 1 << MAX_PROB_BITS], prob_bits: 0 };

impl ExpandedTable {
    /// A table, ready to be looked up by this coder.
    pub fn new(table: &Table, coder: EntropyCoder) -> Self {
        let mut this = Self { prob_bits: table.prob_bits(), ..NO_TABLE };
        if coder == EntropyCoder::Rans {
            rans::slots(table, &mut this.entries);
            return this;
        }
        tans::entries(table, &mut this.entries);
        for entry in &mut this.entries {
            // The lowest state that can follow ends with as many zeros as bits choose.
            let (lowest, bits) = (*entry >> 16, *entry & 31);
            *entry = lowest >> bits << 16 | *entry & 0xFFFF;
        }
        this
    }

    /// The table's probability bits.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub(crate) fn prob_bits(&self) -> u32 {
        self.prob_bits.into()
    }

    /// In place of an entry: any state follows, by as many bits as the table's probabilities have.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub(crate) fn first_entry(&self) -> u32 {
        self.prob_bits.into()
    }
}

/// A tile's rows of a plane.
#[derive(Debug, Clone, Copy)]
pub struct Plane<'a> {
    /// Row after row, the last one perhaps only with the lanes that are present; empty where there
    /// is no such plane.
    pub bytes: &'a [u8],
    /// Bytes of a full row, at most 512.
    pub row_bytes: usize,
}

impl Plane<'_> {
    /// The last row where it is not a full one, and zeros.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub(crate) fn last_row(self) -> [u8; ROW_BYTES] {
        let mut row = [0; ROW_BYTES];
        let last = self.bytes.len().checked_rem(self.row_bytes).unwrap_or(0).min(ROW_BYTES);
        row[..last].copy_from_slice(&self.bytes[self.bytes.len() - last..]);
        row
    }
}

/// Slices of exactly what one tile owns.
pub struct TileMemory<'a, 'out> {
    /// The tile's table.
    pub table: &'a ExpandedTable,
    /// Its words.
    pub words: &'a [[u8; 4]],
    /// Its rows of the stored plane.
    pub stored_plane: Plane<'a>,
    /// Its rows of the raw planes.
    pub raw_planes: [Plane<'a>; 3],
    /// The values of raw planes that are constant.
    pub plane_constants: [Option<u8>; 3],
    /// Its exceptions.
    pub exceptions: &'a [[u8; 4]],
    /// The decoded bytes from the tile's first on, to the end of its tile row.
    pub out: &'out mut [u8],
    /// Distance of two rows of the tile in `out`.
    pub row_bytes: usize,
}

impl TileMemory<'_, '_> {
    /// Exception `index`, or 0 where there is none.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub(crate) fn exception(&self, index: u32) -> u32 {
        self.exceptions.get(index as usize).copied().map_or(0, u32::from_le_bytes)
    }
}
