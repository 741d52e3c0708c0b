//! FORMAT.md section 2: a tensor as tiles.

use super::bytes::require;

/// "Each row is cut into *blocks* of 512 bytes."
const BLOCK_BYTES: u64 = 512;

/// "A tile row of 512 bytes belongs to 32 **lanes**, 16 contiguous bytes each".
pub const LANES: usize = 32;
const LANE_BYTES: u64 = 16;

/// Section 7.1: "A blob has at most `2^32 − 2` tiles".
const MOST_TILES: u64 = (1 << 32) - 2;

pub struct Geometry {
    pub byte_len: u64,
    pub row_bytes: u64,
    /// `R`, the most rows of a tile.
    pub tile_rows: u64,
}

/// The place of tile `t`.
pub struct Tile {
    /// `t / C`
    pub tile_row: u64,
    /// `t mod C`
    pub column: u64,
    /// Its rows, `min(R, H − q·R)`.
    pub rows: usize,
}

impl Geometry {
    /// `H = ceil(byte_len / row_bytes)`
    fn height(&self) -> u64 {
        self.byte_len.div_ceil(self.row_bytes)
    }

    /// `C = row_bytes / 512`
    fn columns(&self) -> u64 {
        self.row_bytes / BLOCK_BYTES
    }

    /// `C` columns times `ceil(H / R)` tile rows.
    pub fn tiles(&self) -> Result<u64, String> {
        let tiles = self.height().div_ceil(self.tile_rows).checked_mul(self.columns());
        let tiles = tiles.ok_or("the number of tiles overflows")?;
        require(tiles <= MOST_TILES, || format!("{tiles} tiles are too many"))?;
        Ok(tiles)
    }

    pub fn tile(&self, number: u64) -> Tile {
        let tile_row = number / self.columns();
        let rows = self.tile_rows.min(self.height() - tile_row * self.tile_rows);
        Tile { tile_row, column: number % self.columns(), rows: rows as usize }
    }

    /// Byte offset in the decoded bytes of row `i` of a tile:
    /// "`((t / C)·R + i)·row_bytes + (t mod C)·512`".
    pub fn row_offset(&self, tile: &Tile, i: usize) -> u64 {
        let row = tile.tile_row * self.tile_rows + i as u64;
        row * self.row_bytes + tile.column * BLOCK_BYTES
    }

    /// "In a short last row of `v` bytes the first `ceil(v / 16)` lanes are *present*."
    pub fn present_lanes(&self, tile: &Tile, i: usize) -> usize {
        let v = BLOCK_BYTES.min(self.byte_len - self.row_offset(tile, i));
        v.div_ceil(LANE_BYTES) as usize
    }

    /// All present lanes of all rows. A full block has 32 for its 512 bytes and only the last row
    /// of a flat geometry is short, so this is a division.
    pub fn lanes(&self) -> u64 {
        self.byte_len.div_ceil(LANE_BYTES)
    }

    /// Section 7.4: "row `i` of tile `t` begins at row number
    /// `(t / C)·R·C + (t mod C)·h + i` of the plane".
    pub fn plane_row(&self, tile: &Tile, i: usize) -> u64 {
        let above = tile.tile_row * self.tile_rows * self.columns();
        above + tile.column * tile.rows as u64 + i as u64
    }
}
