//! A hand assembler of files: FORMAT.md followed in the other direction, with no attempt to
//! compress well. The choices that an encoder would weigh are simply given in a `Plan`.

// Each integration test is a crate of its own and calls only some of what is here.
#![allow(dead_code, unused_imports)]

pub mod archive;
mod blob;
mod cut;
mod entropy;
mod random;
mod tile;

pub use blob::{Blob, assemble};
pub use random::{Random, original};

/// Codecs by their numbers in section 5.
pub const CONST: u8 = 0;
pub const RAW: u8 = 1;
pub const RANS8: u8 = 2;
pub const RANS_NIB: u8 = 3;
pub const RANS_PAIR: u8 = 4;
pub const RANK4: u8 = 5;

#[derive(Clone)]
pub struct Plan {
    pub split: u8,
    pub codec: u8,
    /// States a lane, of the rANS codecs.
    pub states: u8,
    pub tile_rows_log2: u8,
    pub row_bytes: usize,
    /// Tables, of the rANS codecs; tile `t` takes table `t mod tables`.
    pub tables: u8,
    /// As in the blob's header; the first element gives the constants.
    pub constant_planes: u8,
    /// Whether the first step of each state takes a word that it could do without.
    pub low_initial_states: bool,
}

impl Plan {
    /// A flat blob of tiles of 8 rows.
    pub fn flat(split: u8, codec: u8) -> Self {
        let (states, tables) = (1, 1);
        let (tile_rows_log2, row_bytes, constant_planes) = (3, 512, 0);
        let low_initial_states = false;
        #[rustfmt::skip]
        let plan = Self {
            split, codec, states, tile_rows_log2, row_bytes, tables, constant_planes,
            low_initial_states,
        };
        plan
    }

    pub fn has_symbols(&self) -> bool {
        [RANS8, RANS_NIB, RANS_PAIR].contains(&self.codec)
    }

    pub fn has_ranks(&self) -> bool {
        [RANS_PAIR, RANK4].contains(&self.codec)
    }

    /// Bytes of an element under each split.
    pub fn element_size(&self) -> usize {
        [1, 1, 2, 2, 4, 4][usize::from(self.split)]
    }

    /// Tile `t` takes predictor `t mod 5`, so that five tiles have them all; Const allows only 0.
    pub fn predictor(&self, tile: usize) -> u8 {
        if self.codec == CONST { 0 } else { (tile % 5) as u8 }
    }
}
