//! The places of a blob's parts, derived from its header (FORMAT.md section 7).

use super::{
    BLOB_VERSION, BlobHeader, IndexEntry, Invalid, MAX_TABLES, PlaneCodec, SECTION_ALIGN,
    SpanLimits, Split, TileGrid,
};

/// A part of a blob: `len` bytes from `offset` on, both proven to lie inside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Section {
    /// Byte offset from the start of the blob, a multiple of [`SECTION_ALIGN`].
    pub offset: u64,
    /// Bytes, without the padding that follows.
    pub len: u64,
}

/// A checked blob header: the parts of the blob and their places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobLayout {
    /// The split of elements.
    pub split: Split,
    /// The tiling.
    pub grid: TileGrid,
    /// Codec, tables, words and exceptions.
    pub limits: SpanLimits,
    /// The residual that all coded bytes have under Const, otherwise 0.
    pub coded_constant: u8,
    /// For each raw plane that the split has: its value where it is constant.
    pub plane_constants: [Option<u8>; 3],
    /// The packed tables.
    pub tables: Section,
    /// The tile index.
    pub index: Section,
    /// The words of all tiles.
    pub words: Section,
    /// The stored plane; empty where the codec has none.
    pub stored_plane: Section,
    /// The raw planes; empty where the split has none or the plane is constant.
    pub raw_planes: [Section; 3],
    /// The exceptions.
    pub exceptions: Section,
    /// Length of the blob.
    pub blob_len: u64,
}

impl BlobLayout {
    /// Checks a header and derives the layout. The caller compares [`BlobLayout::blob_len`] with
    /// the bytes it has.
    ///
    /// # Errors
    /// The first rule of FORMAT.md section 7.1 that the header breaks.
    pub fn parse(header: &BlobHeader) -> Result<Self, Invalid> {
        check(header.magic == BlobHeader::MAGIC, "it does not start with WCTB")?;
        let zeros = header.zero_0 == 0 && header.zero_1 == 0 && header.zero_2 == [0; 8];
        check(zeros, "a reserved byte is not zero")?;
        let unknown = |kind, number| Invalid::unknown("blob header", kind, number);
        check(header.version != 0, "its version is 0")?;
        if header.version > BLOB_VERSION {
            return Err(unknown("blob version", header.version));
        }
        let split = Split::from_u8(header.split).ok_or(unknown("split", header.split))?;
        let codec =
            PlaneCodec::from_u8(header.codec).ok_or(unknown("plane codec", header.codec))?;
        let byte_len = u64::from_le_bytes(header.byte_len);
        let whole = byte_len.is_multiple_of(split.element_bytes() as u64);
        check(whole, "the length is not a multiple of the element size")?;
        let tile_rows = u32::from(header.tile_rows_less_1) + 1;
        let grid = TileGrid::new(byte_len, u64::from_le_bytes(header.row_bytes), tile_rows)?;
        let limits = span_limits(header, codec, byte_len)?;
        let constant_is_used = codec == PlaneCodec::Const || header.coded_constant == 0;
        check(constant_is_used, "a coded constant without the Const codec")?;
        let plane_constants = plane_constants(header, split)?;
        let tables_len = u32::from_le_bytes(header.tables_len);
        let layout = sections(split, grid, limits, plane_constants, tables_len)?;
        let layout = Self { coded_constant: header.coded_constant, ..layout };
        let same = layout.blob_len == u64::from_le_bytes(header.blob_len);
        check(same, "its length is not the sum of its parts")?;
        Ok(layout)
    }

    /// The layout of a blob that is being written.
    ///
    /// # Errors
    /// Where the parts do not fit 64 bits.
    pub fn plan(
        split: Split,
        grid: TileGrid,
        limits: SpanLimits,
        plane_constants: [Option<u8>; 3],
        tables_len: u32,
    ) -> Result<Self, Invalid> {
        sections(split, grid, limits, plane_constants, tables_len)
    }

    /// The header that [`BlobLayout::parse`] reads this layout from.
    pub fn header(&self) -> BlobHeader {
        let mut header = BlobHeader {
            magic: BlobHeader::MAGIC,
            split: self.split as u8,
            codec: self.limits.codec as u8,
            version: BLOB_VERSION,
            tile_rows_less_1: (self.grid.tile_rows() - 1) as u8,
            table_count: self.limits.table_count,
            coded_constant: self.coded_constant,
            constant_planes: 0,
            zero_0: 0,
            plane_constants: self.plane_constants.map(|constant| constant.unwrap_or(0)),
            zero_1: 0,
            byte_len: self.grid.byte_len().to_le_bytes(),
            row_bytes: self.grid.row_bytes().to_le_bytes(),
            word_count: self.limits.word_count.to_le_bytes(),
            exception_count: self.limits.exception_count.to_le_bytes(),
            tables_len: (self.tables.len as u32).to_le_bytes(),
            blob_len: self.blob_len.to_le_bytes(),
            zero_2: [0; 8],
        };
        for (plane, constant) in self.plane_constants.iter().enumerate() {
            header.constant_planes |= u8::from(constant.is_some()) << plane;
        }
        header
    }
}

fn invalid(reason: &'static str) -> Invalid {
    Invalid::new("blob header", reason)
}

fn check(holds: bool, reason: &'static str) -> Result<(), Invalid> {
    if holds { Ok(()) } else { Err(invalid(reason)) }
}

fn span_limits(header: &BlobHeader, codec: PlaneCodec, len: u64) -> Result<SpanLimits, Invalid> {
    let limits = SpanLimits {
        codec,
        table_count: header.table_count,
        word_count: u64::from_le_bytes(header.word_count),
        exception_count: u32::from_le_bytes(header.exception_count),
    };
    let has_symbols = codec.has_symbols();
    let tables = usize::from(limits.table_count);
    let tables_ok =
        if has_symbols && len > 0 { (1..=MAX_TABLES).contains(&tables) } else { tables == 0 };
    check(tables_ok, "the number of tables is out of bounds")?;
    check(has_symbols || limits.word_count == 0, "words without a codec that has symbols")?;
    check(limits.word_count < 1 << 48, "there are too many words")?;
    let exceptions_ok = codec.has_ranks() || limits.exception_count == 0;
    check(exceptions_ok, "exceptions without a codec that has ranks")?;
    check(tables != 0 || header.tables_len == [0; 4], "a length of tables without tables")?;
    Ok(limits)
}

fn plane_constants(header: &BlobHeader, split: Split) -> Result<[Option<u8>; 3], Invalid> {
    let known = (1u8 << split.raw_planes()) - 1;
    check(header.constant_planes & !known == 0, "a constant for a plane that the split lacks")?;
    let mut constants = [None; 3];
    for (plane, constant) in constants.iter_mut().enumerate() {
        let value = header.plane_constants[plane];
        if header.constant_planes >> plane & 1 != 0 {
            *constant = Some(value);
        } else {
            check(value == 0, "a value for a plane that is not constant")?;
        }
    }
    Ok(constants)
}

fn sections(
    split: Split,
    grid: TileGrid,
    limits: SpanLimits,
    plane_constants: [Option<u8>; 3],
    tables_len: u32,
) -> Result<BlobLayout, Invalid> {
    let lane_elements = split.lane_elements();
    let mut end = BlobHeader::LEN as u64;
    let mut section = |len: u64| -> Result<Section, Invalid> {
        let section = Section { offset: end, len };
        end = end
            .checked_add(len)
            .and_then(|end| end.checked_next_multiple_of(SECTION_ALIGN))
            .ok_or(invalid("its parts do not fit 64 bits"))?;
        Ok(section)
    };
    let tables = section(u64::from(tables_len))?;
    // Neither product can overflow: there are below 2^32 tiles, and below 2^48 words.
    let index = section((u64::from(grid.tile_count()) + 1) * IndexEntry::LEN as u64)?;
    let words = section(limits.word_count * 4)?;
    let stored_plane = section(grid.plane_bytes(limits.codec.stored_plane_bytes(lane_elements)))?;
    let mut raw_planes = [Section::default(); 3];
    for (plane, raw) in raw_planes.iter_mut().enumerate() {
        let stored = plane < split.raw_planes() && plane_constants[plane].is_none();
        *raw = section(if stored { grid.plane_bytes(lane_elements) } else { 0 })?;
    }
    let exceptions = section(u64::from(limits.exception_count) * 4)?;
    let coded_constant = 0;
    #[rustfmt::skip]
    let layout = BlobLayout {
        split, grid, limits, coded_constant, plane_constants,
        tables, index, words, stored_plane, raw_planes, exceptions, blob_len: end,
    };
    Ok(layout)
}
