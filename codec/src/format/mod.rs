//! The one definition of a blob's layout (FORMAT.md sections 2 to 7), for the host and for the
//! device.
//!
//! Nothing here allocates, and nothing here trusts a number: a [`BlobLayout`] exists only for a
//! header whose every offset has been derived with checked arithmetic, a [`TileSpan`] only inside
//! its limits.

mod element;
mod grid;
mod header;
mod index;
mod invalid;
mod layout;
mod table;
mod transposition;

pub use crate::plane::PlaneCodec;
pub use crate::warp::{LANE_BYTES, LANE_WORDS, LANES};
pub use element::{Predictor, Split};
pub use grid::{TileGrid, TileRect};
pub use header::{BlobHeader, PlaneHeader};
pub use index::{IndexEntry, SpanLimits, TileSpan};
pub use invalid::Invalid;
pub use layout::{BlobLayout, CodedPlane, Planned, Section};
pub use table::{Table, TableReader};
pub use transposition::{Band, Transposition};

/// The version of blobs that this crate writes, and the newest that it reads.
pub const BLOB_VERSION: u8 = 2;
/// The major version of files that this crate writes, and the newest that it reads.
pub const MAJOR_VERSION: u16 = 2;
/// The minor version of files that this crate writes.
pub const MINOR_VERSION: u16 = 0;
/// The minor version of those with tensors that are coded against others of a base.
pub const BASES_MINOR_VERSION: u16 = 1;
/// The minor version of those with plane codecs of rANS.
pub const RANS_MINOR_VERSION: u16 = 2;

/// Decoded bytes in a row of a tile.
pub const ROW_BYTES: usize = LANES * LANE_BYTES;
/// The fewest rows that a full tile may have.
pub const MIN_TILE_ROWS: u32 = 8;
/// The most rows that a full tile may have.
pub const MAX_TILE_ROWS: u32 = 256;

/// The fewest bytes of a band, but for the last ones: more than what a reader keeps of one.
pub const MIN_BAND_BYTES: u64 = 1 << 14;

/// The fewest words of a tile: each lane's first.
pub const MIN_TILE_WORDS: usize = LANES;
/// The most zero words that an intact tile takes beyond its last: the lookahead of every lane.
pub const MAX_SPARE_WORDS: usize = LANE_WORDS * LANES;
/// The fewest probability bits of a table.
pub const MIN_PROB_BITS: u8 = 8;
/// The most probability bits of a table.
pub const MAX_PROB_BITS: u8 = 12;
/// The most raw bytes of an element.
pub const MAX_RAW_PLANES: usize = 3;
/// The most tables that a tensor may have.
pub const MAX_TABLES: usize = 16;

/// Added to a predicted tile's residuals, so that small ones of either sign lie together.
pub const RESIDUAL_BIAS: u8 = 128;

/// Every part of a blob starts on a multiple of this many bytes.
pub const SECTION_ALIGN: u64 = 16;
