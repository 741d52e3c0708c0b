//! A tensor's bytes as tiles (FORMAT.md section 2).

use core::num::NonZeroU32;

use super::{Invalid, LANE_BYTES, LANES, MAX_TILE_ROWS, MIN_TILE_ROWS, ROW_BYTES, Split};

const PART: &str = "blob header";

/// The tiling of `byte_len` decoded bytes; exists only where its numbers fit together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TileGrid {
    byte_len: u64,
    row_bytes: u64,
    rows: u64,
    tile_rows: u32,
    // Not zero, so that dividing by it needs no check and leaves no panic in the kernels.
    columns: NonZeroU32,
    tile_count: u32,
}

/// The place of one tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TileRect {
    /// Rows in the tile, at least one.
    pub rows: u32,
    /// Decoded bytes in its last row: [`ROW_BYTES`] but in a ragged tile.
    pub last_row_bytes: u32,
    /// Offset of its first row in the decoded bytes.
    pub byte_offset: u64,
    /// Number of its first row in every stored plane.
    pub plane_row: u64,
}

impl TileRect {
    /// The first `rows` rows of the tile, at least 1.
    pub const fn first_rows(self, rows: u32) -> Self {
        if rows < self.rows {
            Self { rows, last_row_bytes: ROW_BYTES as u32, ..self }
        } else {
            self
        }
    }
}

impl TileGrid {
    /// The tiling with these numbers.
    ///
    /// # Errors
    /// Where the tile height is out of bounds, the row width no multiple of 512, the length no
    /// multiple of a row width other than 512, an empty tensor not flat, or there would be more
    /// than `2^32 − 2` tiles.
    pub const fn new(byte_len: u64, row_bytes: u64, tile_rows: u32) -> Result<Self, Invalid> {
        if tile_rows < MIN_TILE_ROWS || tile_rows > MAX_TILE_ROWS {
            return Err(Invalid::new(PART, "the tile height is out of bounds"));
        }
        if row_bytes == 0 || !row_bytes.is_multiple_of(ROW_BYTES as u64) {
            return Err(Invalid::new(PART, "the row width is not a multiple of 512 bytes"));
        }
        if row_bytes != ROW_BYTES as u64 && !byte_len.is_multiple_of(row_bytes) {
            return Err(Invalid::new(PART, "the length is not a multiple of the row width"));
        }
        if byte_len == 0 && row_bytes != ROW_BYTES as u64 {
            return Err(Invalid::new(PART, "an empty tensor is not flat"));
        }
        let rows = byte_len.div_ceil(row_bytes);
        let tiles_down = rows.div_ceil(tile_rows as u64);
        let columns = row_bytes / ROW_BYTES as u64;
        let tile_count = tiles_down.checked_mul(columns);
        match (tile_count, NonZeroU32::new(columns as u32)) {
            // There are at least as many tiles as columns, so those fit 32 bits as well.
            (Some(tile_count), Some(columns)) if tile_count < u32::MAX as u64 => {
                let tile_count = tile_count as u32;
                Ok(Self { byte_len, row_bytes, rows, tile_rows, columns, tile_count })
            }
            _ => Err(Invalid::new(PART, "there are too many tiles")),
        }
    }

    /// Decoded bytes.
    pub const fn byte_len(&self) -> u64 {
        self.byte_len
    }

    /// Width of a matrix row in bytes.
    pub const fn row_bytes(&self) -> u64 {
        self.row_bytes
    }

    /// Rows of a full tile.
    pub const fn tile_rows(&self) -> u32 {
        self.tile_rows
    }

    /// Tiles side by side.
    pub const fn columns(&self) -> u32 {
        self.columns.get()
    }

    /// Tiles in all.
    pub const fn tile_count(&self) -> u32 {
        self.tile_count
    }

    /// Decoded bytes of a full tile row.
    pub const fn tile_row_bytes(&self) -> u64 {
        self.row_bytes * self.tile_rows as u64
    }

    /// Rows of the matrix.
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// Decoded bytes in the last row of a flat tensor that ends inside it; 0 where no row is
    /// ragged.
    pub const fn ragged_bytes(&self) -> u32 {
        (self.byte_len % ROW_BYTES as u64) as u32
    }

    /// The place of tile `tile`, below [`TileGrid::tile_count`].
    #[cfg_attr(not(unoptimized), inline(always))]
    pub const fn tile(&self, tile: u32) -> TileRect {
        let tile_row = (tile / self.columns.get()) as u64;
        let column = (tile % self.columns.get()) as u64;
        let first_row = tile_row * self.tile_rows as u64;
        let left = self.rows - first_row;
        let rows = if left < self.tile_rows() as u64 { left as u32 } else { self.tile_rows() };
        let ragged = self.ragged_bytes();
        let is_last = tile + 1 == self.tile_count;
        TileRect {
            rows,
            last_row_bytes: if is_last && ragged != 0 { ragged } else { ROW_BYTES as u32 },
            byte_offset: first_row * self.row_bytes + column * ROW_BYTES as u64,
            plane_row: first_row * self.columns.get() as u64 + column * rows as u64,
        }
    }

    /// Bytes of a stored plane with `lane_bytes` bytes for each lane and row (FORMAT.md section
    /// 7.4).
    pub const fn plane_bytes(&self, lane_bytes: usize) -> u64 {
        // At most byte_len rounded up to whole lanes, as lane_bytes ≤ 16: no overflow to check for.
        let full_rows = self.byte_len / ROW_BYTES as u64;
        let ragged_lanes = self.ragged_bytes().div_ceil(LANE_BYTES as u32) as u64;
        full_rows * (LANES * lane_bytes) as u64 + ragged_lanes * lane_bytes as u64
    }

    /// The flat tiling, in tiles of `tile_rows` rows, of the bytes that a raw plane of this tensor
    /// has under `split` (FORMAT.md section 7.6).
    ///
    /// # Errors
    /// As [`TileGrid::new`].
    pub const fn of_plane(&self, split: Split, tile_rows: u32) -> Result<Self, Invalid> {
        Self::new(self.plane_bytes(split.lane_elements()), ROW_BYTES as u64, tile_rows)
    }
}
