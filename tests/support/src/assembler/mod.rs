//! A hand assembler of files: FORMAT.md followed in the other direction, with no attempt to
//! compress well. The choices that an encoder would weigh are simply given in a `Plan`.

pub mod archive;
mod blob;
mod cut;
mod entropy;
mod order;
mod random;
mod rans;
mod table;
mod tile;

pub use blob::{Blob, assemble, assemble_with};
pub use random::{Random, original};
pub use table::Table;

/// "A tile row of 512 bytes belongs to 32 **lanes**".
pub const LANES: usize = 32;

/// Codecs by their numbers in section 5.
pub const CONST: u8 = 0;
pub const RAW: u8 = 1;
pub const TANS8: u8 = 2;
pub const TANS_NIB: u8 = 3;
pub const TANS_PAIR: u8 = 4;
pub const TANS_CRUMB: u8 = 5;
pub const RANS8: u8 = 6;
pub const RANS_PAIR: u8 = 7;

#[derive(Clone)]
pub struct Plan {
    pub split: u8,
    pub codec: u8,
    pub tile_rows: usize,
    pub row_bytes: usize,
    /// Tables, of codecs with symbols; tile `t` takes table `t mod tables`.
    pub tables: u8,
    /// As in the blob's header; the first element gives the constants.
    pub constant_planes: u8,
    /// As in the blob's header.
    pub coded_planes: u8,
    /// The codec of coded planes, one with symbols.
    pub plane_codec: u8,
    /// Section 2.1's `transposed_bytes`, `columns` and `band_rows`; zeros where the original is not
    /// transposed.
    pub order: [usize; 3],
    /// True if needless words before the last needed one are anything but the zeros that a writer
    /// stores.
    pub arbitrary_needless_words: bool,
}

impl Plan {
    /// A flat blob of tiles of 8 rows.
    pub fn flat(split: u8, codec: u8) -> Self {
        let (tile_rows, row_bytes, tables, constant_planes) = (8, 512, 1, 0);
        let (coded_planes, plane_codec) = (0, TANS8);
        let (order, arbitrary_needless_words) = ([0; 3], false);
        #[rustfmt::skip]
        let plan = Self {
            split, codec, tile_rows, row_bytes, tables, constant_planes, coded_planes, plane_codec,
            order, arbitrary_needless_words,
        };
        plan
    }

    pub fn has_symbols(&self) -> bool {
        self.codec >= TANS8
    }

    pub fn has_ranks(&self) -> bool {
        [TANS_PAIR, TANS_CRUMB, RANS_PAIR].contains(&self.codec)
    }

    pub fn has_rans(&self) -> bool {
        self.codec >= RANS8
    }

    /// Bytes of an element under each split.
    pub fn element_size(&self) -> usize {
        [1, 1, 2, 2, 4, 4][usize::from(self.split)]
    }

    /// Tile `t` takes predictor `t mod 5`, so that five tiles have them all; without symbols there
    /// is only 0.
    pub fn predictor(&self, tile: usize) -> u8 {
        if self.has_symbols() { (tile % 5) as u8 } else { 0 }
    }
}
