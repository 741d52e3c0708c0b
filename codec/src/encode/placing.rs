//! The places of a blob's parts where its raw planes are written before it is known how many words
//! there are: they stay where they are, and the blob begins as far before them as it must.
//!
//! Of tensors in flat geometry with one table, no exceptions and no coded planes.

use super::tile::MOST_LANE_WORDS_BEYOND;
use crate::format::{BlobHeader, IndexEntry, LANES, MAX_PROB_BITS, PlaneCodec, SECTION_ALIGN};

/// The most bytes of a packed table: probability bits, bitmap, and a byte for each symbol, but two
/// for those that have 128 of the states.
pub const MOST_TABLE_BYTES: u64 = 1 + 32 + 256 + (1 << MAX_PROB_BITS) / 128;

/// The words that a tile has at most beyond the bits of its symbols.
const TILE_WORDS_BEYOND: u64 = (MOST_LANE_WORDS_BEYOND * LANES) as u64;

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
    /// Symbols where each coded byte is one, those beyond the tensor's end in its last row
    /// included.
    pub symbols: u64,
    /// Bytes of each raw plane, and of the stored plane where the coded bytes are stored.
    pub plane_len: u64,
}

impl Extent {
    /// Words that there is room for.
    pub const fn words_room(self) -> u64 {
        self.bits_room() / 32 + self.tiles * TILE_WORDS_BEYOND
    }

    /// Bits that symbols may take: nine for each.
    const fn bits_room(self) -> u64 {
        9 * self.symbols
    }

    /// Bytes before the raw planes that there is room for.
    pub const fn lead(self) -> u64 {
        let words = padded(4 * self.words_room());
        let stored = padded(self.plane_len);
        let content = if words > stored { words } else { stored };
        Front { tables_len: MOST_TABLE_BYTES, tiles: self.tiles }.words() + content
    }

    /// Returns whether symbols are worth a table: there is room for them, whatever their order, and
    /// they take fewer bytes than they have, tables and what each tile costs included.
    ///
    /// `cost` is that of all symbols ([`super::cost`]), and `most_bits` the most that they can
    /// take.
    #[inline(always)]
    pub const fn is_worth_a_table(self, cost: u64, most_bits: u64, tables_len: u64) -> bool {
        let bytes = cost / (8 * 256) + self.tiles * TILE_BYTES + padded(tables_len);
        most_bits <= self.bits_room() && bytes < self.plane_len
    }
}

/// The bytes that a tile's words take beyond its symbols' bits, on average: half a word of each
/// lane, and its first state.
const TILE_BYTES: u64 = (LANES * 3) as u64;

/// The most bits that a symbol takes, which has a frequency.
#[inline(always)]
pub const fn most_bits(frequency: u32, prob_bits: u32) -> u32 {
    prob_bits - frequency.ilog2()
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
    use crate::encode::cost;
    use crate::format::{BlobLayout, Planned, SpanLimits, Split, TileGrid};

    fn layout(grid: TileGrid, split: Split, limits: SpanLimits, tables_len: u32) -> BlobLayout {
        let own = Planned { grid, limits, tables_len };
        BlobLayout::plan(split, own, [None; 3], [None; 3]).unwrap()
    }

    fn limits(codec: PlaneCodec, word_count: u64) -> SpanLimits {
        let table_count = codec.has_symbols().into();
        SpanLimits { codec, table_count, word_count, exception_count: 0 }
    }

    #[test]
    fn parts_are_where_the_layout_has_them() {
        let codecs = [PlaneCodec::Const, PlaneCodec::Raw, PlaneCodec::Tans8];
        for (split, byte_len) in Split::ALL
            .iter()
            .flat_map(|&split| [0, 4, 20, 512, 8192, 100_004, 1 << 36].map(|len| (split, len)))
        {
            let grid = TileGrid::new(byte_len, 512, 64).unwrap();
            let plane_len = grid.plane_bytes(split.lane_elements());
            for codec in codecs {
                let with_symbols = codec.has_symbols() && byte_len > 0;
                let (words, tables_len) = if with_symbols { (byte_len + 99, 71) } else { (0, 0) };
                let limits = limits(codec, words);
                let mut layout = layout(grid, split, limits, tables_len);
                layout.coded_constant = if codec == PlaneCodec::Const { 200 } else { 0 };
                let front =
                    Front { tables_len: tables_len.into(), tiles: grid.tile_count().into() };
                assert_eq!(front.index(), layout.index.offset);
                assert_eq!(front.index_end(), layout.index.offset + layout.index.len);
                assert_eq!(front.words(), layout.words.offset);
                let stored = if codec == PlaneCodec::Raw { plane_len } else { 0 };
                let raw = front.words() + padded(4 * words) + padded(stored);
                assert_eq!(raw, layout.raw_planes[0].offset);
                assert_eq!(raw + split.raw_planes() as u64 * padded(plane_len), layout.blob_len);
                let end = HeaderEnd {
                    codec,
                    constant: layout.coded_constant,
                    tables_len,
                    word_count: words,
                    blob_len: layout.blob_len,
                };
                let empty = HeaderEnd {
                    codec: PlaneCodec::Const,
                    constant: 0,
                    tables_len: 0,
                    word_count: 0,
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
        let layout = layout(grid, split, limits(PlaneCodec::Const, 0), 0);
        BlobHeader { blob_len: [0; 8], ..layout.header() }
    }

    fn header_words(header: &BlobHeader) -> [u32; 16] {
        bytemuck::cast(*header)
    }

    #[test]
    fn symbols_take_no_more_bits_than_the_most() {
        use crate::entropy::tans::EncodingTable;
        use crate::format::Table;
        for frequency in 1..4096u16 {
            let mut frequencies = [0; 256];
            (frequencies[3], frequencies[4]) = (frequency, 4096 - frequency);
            let table = EncodingTable::new(&Table::new(12, frequencies).unwrap());
            // The bits that each state sheds, by the arithmetic of the steps.
            let highest = 2 * 4096 - 1;
            let shed = (table.steps.entries[3] + (highest << 15)) >> 28;
            assert_eq!(shed, most_bits(frequency.into(), 12), "{frequency}");
            assert!(cost(frequency.into(), 12) <= 256 * most_bits(frequency.into(), 12));
        }
    }
}
