//! How the coded bytes of a tensor are coded.

use super::STATES;
use wcodec_codec::encode::{CodecChoice, MOST_TABLE_BYTES};
use wcodec_codec::format::PlaneCodec;

/// How a tensor's coded bytes are coded. The device alone has any.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(16))]
pub struct EncodeTable {
    /// The step of each symbol ([`wcodec_codec::entropy::tans::step`]).
    pub steps: [u32; 256],
    /// The states of each symbol in ascending order, symbol after symbol, each plus the number of
    /// all.
    pub states: [u16; STATES],
    /// The place of each symbol's first state.
    pub first: [u16; 256],
    /// The table as it is stored, in the first `packed_len` bytes.
    pub packed: [u8; PACKED_BYTES],
    /// Those bytes.
    pub packed_len: u32,
    /// The number of the [`PlaneCodec`]. Where that has no symbols, nothing above means anything.
    pub codec: u32,
    /// The residual of all coded bytes where that is Const, otherwise 0.
    pub constant: u32,
    /// The residual for places beyond the end of the last row and for exceptions. Of a codec with a
    /// symbol for each residual the first of those that have the most states.
    pub filler: u32,
    /// The residual that ranks count down from, 0 for a codec without ranks.
    pub base: u32,
    /// The distance of the rows of a tile whose symbols are counted.
    pub stride: u32,
    /// Number of the [`Course`].
    pub course: u32,
}

/// What becomes of a tensor whose symbols were coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Course {
    /// It stays as it is.
    Keeps,
    /// Its pairs were coded in vain: it is coded once more, each coded byte as a symbol.
    Again,
    /// It was coded in vain: its coded bytes are stored.
    Stored,
}

const PACKED_BYTES: usize = MOST_TABLE_BYTES.next_multiple_of(16) as usize;

/// Bytes of a table's look-ups, which stand first in it, and which blocks copy to shared memory.
pub const LOOK_UP_BYTES: u32 = 4 * 256 + 2 * STATES as u32 + 2 * 256;

impl EncodeTable {
    /// The plane codec: one with symbols, Const or Raw.
    #[inline(always)]
    pub const fn codec(&self) -> PlaneCodec {
        match PlaneCodec::from_u8(self.codec as u8) {
            Some(codec) => codec,
            None => PlaneCodec::Raw,
        }
    }

    /// How coded bytes become symbols.
    #[inline(always)]
    pub const fn choice(&self) -> CodecChoice {
        CodecChoice { codec: self.codec(), base: self.base as u8 }
    }
}
