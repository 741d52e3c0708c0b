//! A tensor to encode.

#[cfg(doc)]
use super::GROUP_TILES;
use bytemuck::{Pod, Zeroable};
use wcodec_codec::encode::Extent;
use wcodec_codec::format::{PlaneCodec, ROW_BYTES, Split};

/// A tensor to encode, in flat geometry. Its tiles are taken in groups of [`GROUP_TILES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C, align(16))]
pub struct EncodeJob {
    /// Address of its bytes, 16-byte aligned.
    pub source: u64,
    /// Address of its raw planes, 16-byte aligned, with room for the rest of its blob before them.
    pub raw: u64,
    /// Address of the buffer that all of this lies in.
    pub buffer: u64,
    /// Byte offset of the slots for its tiles' words, `slot_words` for each, among all slots.
    pub slots: u64,
    /// Byte offset of the slots for its tiles' exceptions, `tile_exceptions` for each, among all of
    /// those.
    pub exception_slots: u64,
    /// Bytes of each raw plane, and of the stored plane where the coded bytes are stored.
    pub plane_len: u64,
    /// Rows of all tiles.
    pub rows: u64,
    /// Nothing.
    pub padding: u64,
    /// The blob's header, in which all that [`wcodec_codec::encode::HeaderEnd`] tells is 0.
    pub header: [u32; 16],
    /// The number of its first tile among those of all tensors.
    pub first_tile: u32,
    /// The number of its first group, likewise.
    pub first_group: u32,
    /// Tiles.
    pub tiles: u32,
    /// Rows of a full tile.
    pub tile_rows: u32,
    /// Words that there is room for in a slot.
    pub slot_words: u32,
    /// Bytes in the last row of all, 1 to 512.
    pub last_row_bytes: u32,
    /// Number of the [`Split`].
    pub split: u32,
    /// Exceptions that there is room for in a slot.
    pub tile_exceptions: u32,
}

impl EncodeJob {
    /// The split among those with so many bytes an element, which the kernel knows.
    #[inline(always)]
    pub const fn split(&self, element_bytes: usize) -> Split {
        let (first, other) = match element_bytes {
            1 => (Split::Byte, Split::RotatedByte),
            2 => (Split::Exponent16, Split::High16),
            _ => (Split::Exponent32, Split::High32),
        };
        if self.split == first as u32 { first } else { other }
    }

    /// The tensor's numbers from which the room for its blob follows.
    #[inline(always)]
    pub const fn extent(&self) -> Extent {
        let (tiles, tile_exceptions) = (self.tiles as u64, self.tile_exceptions);
        Extent { tiles, plane_len: self.plane_len, tile_exceptions }
    }

    /// Rows of a tile.
    #[inline(always)]
    pub const fn rows_of(&self, tile: u32) -> u32 {
        let left = self.rows - tile as u64 * self.tile_rows as u64;
        if left < self.tile_rows as u64 { left as u32 } else { self.tile_rows }
    }

    /// The tile's first row.
    #[inline(always)]
    pub const fn first_row(&self, tile: u32) -> u64 {
        tile as u64 * self.tile_rows as u64
    }

    /// The address of the tile's bytes.
    #[inline(always)]
    pub const fn source_of(&self, tile: u32) -> u64 {
        self.source + self.first_row(tile) * ROW_BYTES as u64
    }

    /// The address after the last word that a tile may have, in slots that begin at `slots`.
    #[inline(always)]
    pub const fn slot_end(&self, slots: u64, tile: u32) -> u64 {
        slots + self.slots + 4 * (tile as u64 + 1) * self.slot_words as u64
    }

    /// The address after the last exception that the tile may have, likewise.
    #[inline(always)]
    pub const fn exceptions_end(&self, slots: u64, tile: u32) -> u64 {
        slots + self.exception_slots + 4 * (tile as u64 + 1) * self.tile_exceptions as u64
    }

    /// Bytes of the stored plane under a codec.
    #[inline(always)]
    pub const fn stored_len(&self, codec: PlaneCodec) -> u64 {
        self.plane_len * codec.shape().stored_bits as u64 / 8
    }
}
