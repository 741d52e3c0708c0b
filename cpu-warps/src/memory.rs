//! What a warp may touch while it decodes one tile.

use wcodec_kernels::format::{MAX_PROB_BITS, ROW_BYTES};

/// The look-up entries of a table's states, for any number of probability bits.
pub type ExpandedTable = [u32; 1 << MAX_PROB_BITS];

/// Stands in for the table of codecs that have none.
pub static NO_TABLE: ExpandedTable = [0; 1 << MAX_PROB_BITS];

/// Slices of exactly what one tile owns.
pub struct TileMemory<'a, 'out> {
    /// The tile's table.
    pub table: &'a ExpandedTable,
    /// Its words.
    pub words: &'a [[u8; 4]],
    /// Its rows of the coded plane; empty where there is none.
    pub coded_plane: &'a [u8],
    /// Its rows of the raw planes; empty where there are none.
    pub raw_planes: [&'a [u8]; 3],
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
    /// The bytes of row `row`, fewer than 512 in a ragged one.
    #[inline(always)]
    pub fn out_row(&mut self, row: u32) -> &mut [u8] {
        let rest = self.out.get_mut(row as usize * self.row_bytes..).unwrap_or(&mut []);
        let len = rest.len().min(ROW_BYTES);
        &mut rest[..len]
    }

    /// The tile's words from number `first` on, as bytes.
    #[inline(always)]
    pub fn words_from(&self, first: usize) -> &[u8] {
        self.words.get(first..).unwrap_or(&[]).as_flattened()
    }

    /// Exception `index`, or 0 where there is none.
    #[inline(always)]
    pub fn exception(&self, index: u32) -> u32 {
        self.exceptions.get(index as usize).copied().map_or(0, u32::from_le_bytes)
    }
}

/// A plane from row `row` on, with `row_bytes` bytes a full row.
#[inline(always)]
pub fn rows_from(plane: &[u8], row: u32, row_bytes: usize) -> &[u8] {
    plane.get(row as usize * row_bytes..).unwrap_or(&[])
}

/// Fewer than `LEN` bytes, and zeros behind them: what a register is loaded from where a tile's memory ends.
#[cold]
pub fn padded<const LEN: usize>(bytes: &[u8]) -> [u8; LEN] {
    let mut padded = [0; LEN];
    padded[..bytes.len()].copy_from_slice(bytes);
    padded
}
