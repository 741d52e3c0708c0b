//! The places of a blob's parts where its raw planes are written before it is known how many words
//! there are: they stay where they are, and the blob begins as far before them as it must.
//!
//! Of tensors in flat geometry with one table and no coded planes.

use super::choice::BYTES_AN_EXCEPTION;
use crate::format::{BlobHeader, IndexEntry, LANES, MAX_PROB_BITS, PlaneCodec, SECTION_ALIGN};

/// The most bytes of a packed table: probability bits, bitmap, and a byte for each symbol, but two
/// for those that have 128 of the states.
pub const MOST_TABLE_BYTES: u64 = 1 + 32 + 256 + (1 << MAX_PROB_BITS) / 128;

/// A length with the padding that follows it.
#[inline(always)]
pub const fn padded(len: u64) -> u64 {
    len.next_multiple_of(SECTION_ALIGN)
}

/// The numbers of a tensor that its shape alone tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Tiles.
    pub tiles: u64,
    /// Bytes of each raw plane, and of the stored plane where the coded bytes are stored.
    pub plane_len: u64,
    /// Exceptions that each tile has room for.
    pub tile_exceptions: u32,
}

impl Extent {
    /// Bytes before the raw planes that there is room for: coded bytes are stored where coding them
    /// takes no fewer.
    pub const fn lead(self) -> u64 {
        Front { tables_len: MOST_TABLE_BYTES, tiles: self.tiles }.words() + padded(self.plane_len)
    }

    /// Bytes after the raw planes that there is room for.
    pub const fn tail(self) -> u64 {
        padded(4 * self.tiles * self.tile_exceptions as u64)
    }

    /// Returns whether coded parts take fewer bytes than the coded bytes do as they are.
    #[inline(always)]
    pub const fn is_worth(self, parts: CodedParts) -> bool {
        let CodedParts { tables_len, words, stored_len, exceptions } = parts;
        let words = padded(tables_len) + padded(4 * words);
        let bytes = words + padded(stored_len) + padded(4 * exceptions);
        bytes < padded(self.plane_len) && exceptions <= u32::MAX as u64
    }
}

/// The exceptions that a tile of so many rows has room for.
#[inline(always)]
pub const fn tile_exceptions(tile_rows: u32, lane_elements: u32) -> u32 {
    tile_rows * LANES as u32 * lane_elements / BYTES_AN_EXCEPTION
}

/// The parts of a blob in which coded bytes end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodedParts {
    /// Bytes of the packed table.
    pub tables_len: u64,
    /// Words.
    pub words: u64,
    /// Bytes of the stored plane.
    pub stored_len: u64,
    /// Exceptions.
    pub exceptions: u64,
}

/// The parts before the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Front {
    /// Bytes of the packed tables.
    pub tables_len: u64,
    /// Tiles.
    pub tiles: u64,
}

impl Front {
    /// The offset of the index.
    #[inline(always)]
    pub const fn index(self) -> u64 {
        BlobHeader::LEN as u64 + padded(self.tables_len)
    }

    /// Where the index ends.
    #[inline(always)]
    pub const fn index_end(self) -> u64 {
        self.index() + (self.tiles + 1) * IndexEntry::LEN as u64
    }

    /// The offset of the words.
    #[inline(always)]
    pub const fn words(self) -> u64 {
        padded(self.index_end())
    }
}

/// What a blob's header says that is known last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeaderEnd {
    /// The plane codec.
    pub codec: PlaneCodec,
    /// The residual of all coded bytes where that is Const, otherwise 0.
    pub constant: u8,
    /// Bytes of the packed tables.
    pub tables_len: u32,
    /// Words.
    pub word_count: u64,
    /// Exceptions.
    pub exceptions: u32,
    /// Bytes of the blob.
    pub blob_len: u64,
}

impl HeaderEnd {
    /// Word `index` of the header, from the same word of one in which all of this is 0.
    #[inline(always)]
    pub const fn word(&self, index: usize, word: u32) -> u32 {
        let tables = self.codec.has_symbols() as u32;
        word | match index {
            1 => (self.codec as u32) << 8,
            2 => tables | (self.constant as u32) << 8,
            8 => self.word_count as u32,
            9 => (self.word_count >> 32) as u32,
            10 => self.exceptions,
            11 => self.tables_len,
            12 => self.blob_len as u32,
            13 => (self.blob_len >> 32) as u32,
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{BlobLayout, Planned, SpanLimits, Split, TileGrid};

    fn layout(grid: TileGrid, split: Split, limits: SpanLimits, tables_len: u32) -> BlobLayout {
        let own = Planned { grid, limits, tables_len };
        BlobLayout::plan(split, own, [None; 3], [None; 3]).unwrap()
    }

    fn limits(codec: PlaneCodec, word_count: u64, exception_count: u32) -> SpanLimits {
        let table_count = codec.has_symbols().into();
        SpanLimits { codec, table_count, word_count, exception_count }
    }

    #[test]
    fn parts_are_where_the_layout_has_them() {
        for (split, byte_len) in Split::ALL
            .iter()
            .flat_map(|&split| [0, 4, 20, 512, 8192, 100_004, 1 << 36].map(|len| (split, len)))
        {
            let grid = TileGrid::new(byte_len, 512, 64).unwrap();
            let plane_len = grid.plane_bytes(split.lane_elements());
            for &codec in &PlaneCodec::ALL {
                let with_symbols = codec.has_symbols() && byte_len > 0;
                let (words, tables_len) = if with_symbols { (byte_len + 99, 71) } else { (0, 0) };
                let exceptions = u32::from(with_symbols && codec.has_ranks()) * 77;
                let limits = limits(codec, words, exceptions);
                let mut layout = layout(grid, split, limits, tables_len);
                layout.coded_constant = if codec == PlaneCodec::Const { 200 } else { 0 };
                let front =
                    Front { tables_len: tables_len.into(), tiles: grid.tile_count().into() };
                assert_eq!(front.index(), layout.index.offset);
                assert_eq!(front.index_end(), layout.index.offset + layout.index.len);
                assert_eq!(front.words(), layout.words.offset);
                let a_lane = codec.stored_plane_bytes(split.lane_elements());
                let stored = grid.plane_bytes(a_lane);
                let raw = front.words() + padded(4 * words) + padded(stored);
                assert_eq!(raw, layout.raw_planes[0].offset);
                let planes = split.raw_planes() as u64 * padded(plane_len);
                assert_eq!(raw + planes, layout.exceptions.offset);
                assert_eq!(raw + planes + padded(4 * u64::from(exceptions)), layout.blob_len);
                let end = HeaderEnd {
                    codec,
                    constant: layout.coded_constant,
                    tables_len,
                    word_count: words,
                    exceptions,
                    blob_len: layout.blob_len,
                };
                let empty = HeaderEnd {
                    codec: PlaneCodec::Const,
                    constant: 0,
                    tables_len: 0,
                    word_count: 0,
                    exceptions: 0,
                    blob_len: 0,
                };
                let template = header_words(&template(grid, split));
                let header = core::array::from_fn(|index| end.word(index, template[index]));
                assert_eq!(header, header_words(&layout.header()), "{codec:?}");
                assert_eq!(
                    core::array::from_fn(|index| empty.word(index, template[index])),
                    template
                );
            }
        }
    }

    fn template(grid: TileGrid, split: Split) -> BlobHeader {
        let layout = layout(grid, split, limits(PlaneCodec::Const, 0, 0), 0);
        BlobHeader { blob_len: [0; 8], ..layout.header() }
    }

    fn header_words(header: &BlobHeader) -> [u32; 16] {
        bytemuck::cast(*header)
    }
}
