//! The places of a blob's parts, derived from its headers (FORMAT.md section 7).

use super::{
    BLOB_VERSION, BlobHeader, IndexEntry, Invalid, MAX_RAW_PLANES, MAX_TABLES, PlaneCodec,
    PlaneHeader, SECTION_ALIGN, SpanLimits, Split, TileGrid, Transposition,
};

/// A part of a blob: `len` bytes from `offset` on, both proven to lie inside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Section {
    /// Byte offset from the start of the blob, a multiple of [`SECTION_ALIGN`].
    pub offset: u64,
    /// Bytes, without the padding that follows.
    pub len: u64,
}

/// Checked headers of a blob: the parts of the blob and their places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobLayout {
    /// The split of elements.
    pub split: Split,
    /// The tiling.
    pub grid: TileGrid,
    /// The order of its bytes, where it is transposed.
    pub transposition: Option<Transposition>,
    /// Codec, tables, words and exceptions.
    pub limits: SpanLimits,
    /// The residual that all coded bytes have under Const, otherwise 0.
    pub coded_constant: u8,
    /// For each raw plane that the split has: its value where it is constant.
    pub plane_constants: [Option<u8>; MAX_RAW_PLANES],
    /// The raw planes that are coded.
    pub coded_planes: [Option<CodedPlane>; MAX_RAW_PLANES],
    /// The packed tables.
    pub tables: Section,
    /// The tile index.
    pub index: Section,
    /// The words of all tiles.
    pub words: Section,
    /// The stored plane; empty where the codec has none.
    pub stored_plane: Section,
    /// The raw planes; empty where the split has none, or the plane is constant or coded.
    pub raw_planes: [Section; MAX_RAW_PLANES],
    /// The exceptions.
    pub exceptions: Section,
    /// Length of the blob.
    pub blob_len: u64,
}

/// A raw plane that is coded: its bytes are those of a flat tensor of one-byte elements, whose
/// parts lie in the same blob (FORMAT.md section 7.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodedPlane {
    /// The tiling of the plane's bytes.
    pub grid: TileGrid,
    /// Codec, tables, words and exceptions.
    pub limits: SpanLimits,
    /// The packed tables.
    pub tables: Section,
    /// The tile index.
    pub index: Section,
    /// The words of all tiles.
    pub words: Section,
    /// The stored plane; empty where the codec has none.
    pub stored_plane: Section,
    /// The exceptions.
    pub exceptions: Section,
}

/// The numbers from which the places of all parts follow.
#[derive(Debug, Clone, Copy)]
pub struct Planned {
    /// The tiling.
    pub grid: TileGrid,
    /// Codec, tables, words and exceptions.
    pub limits: SpanLimits,
    /// Bytes of the packed tables.
    pub tables_len: u32,
}

impl BlobLayout {
    /// Checks the headers and derives the layout: the blob's own, and one for each bit of its
    /// `coded_planes`. The caller compares [`BlobLayout::blob_len`] with the bytes it has.
    ///
    /// # Errors
    /// The first rule of FORMAT.md sections 7.1 and 7.6 that the headers break.
    pub fn parse(header: &BlobHeader, planes: &[PlaneHeader]) -> Result<Self, Invalid> {
        check(header.magic == BlobHeader::MAGIC, "it does not start with WCTB")?;
        let unknown = |kind, number| Invalid::unknown("blob header", kind, number);
        check(header.version != 0, "its version is 0")?;
        check(header.version != 1, "an unreleased version of wcodec wrote it, that none reads")?;
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
        let &BlobHeader { table_count, word_count, exception_count, tables_len, .. } = header;
        let own =
            Planned::parse(grid, codec, table_count, word_count, exception_count, tables_len)?;
        let constant_is_used = codec == PlaneCodec::Const || header.coded_constant == 0;
        check(constant_is_used, "a coded constant without the Const codec")?;
        let plane_constants = plane_constants(header, split)?;
        let coded = coded_planes(header, planes, split, &grid)?;
        let layout = sections(split, own, plane_constants, coded)?;
        let transposition = transposition(header, &grid)?;
        let layout = Self { coded_constant: header.coded_constant, transposition, ..layout };
        let same = layout.blob_len == u64::from_le_bytes(header.blob_len);
        check(same, "its length is not the sum of its parts")?;
        Ok(layout)
    }

    /// The layout of a blob that is being written; `coded` has the numbers of each raw plane that
    /// is coded, over the grid that [`TileGrid::of_plane`] gives.
    ///
    /// # Errors
    /// Where the parts do not fit 64 bits.
    pub fn plan(
        split: Split,
        own: Planned,
        plane_constants: [Option<u8>; MAX_RAW_PLANES],
        coded: [Option<Planned>; MAX_RAW_PLANES],
    ) -> Result<Self, Invalid> {
        sections(split, own, plane_constants, coded)
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
            coded_planes: 0,
            plane_constants: self.plane_constants.map(|constant| constant.unwrap_or(0)),
            transposed_bytes: 0,
            byte_len: self.grid.byte_len().to_le_bytes(),
            row_bytes: self.grid.row_bytes().to_le_bytes(),
            word_count: self.limits.word_count.to_le_bytes(),
            exception_count: self.limits.exception_count.to_le_bytes(),
            tables_len: (self.tables.len as u32).to_le_bytes(),
            blob_len: self.blob_len.to_le_bytes(),
            transposed_columns: [0; 4],
            band_rows: [0; 4],
        };
        header.write_order(self.transposition.as_ref());
        for plane in 0..MAX_RAW_PLANES {
            header.constant_planes |= u8::from(self.plane_constants[plane].is_some()) << plane;
            header.coded_planes |= u8::from(self.coded_planes[plane].is_some()) << plane;
        }
        header
    }

    /// The layout of raw plane `plane` as a blob of its own, whose parts lie in this one; `None`
    /// where it is not coded.
    pub fn coded_plane(&self, plane: usize) -> Option<Self> {
        let CodedPlane { grid, limits, tables, index, words, stored_plane, exceptions } =
            self.coded_planes[plane]?;
        #[rustfmt::skip]
        let layout = Self {
            split: Split::Byte, grid, transposition: None, limits, coded_constant: 0,
            plane_constants: [None; MAX_RAW_PLANES], coded_planes: [None; MAX_RAW_PLANES],
            tables, index, words, stored_plane, raw_planes: [Section::default(); MAX_RAW_PLANES],
            exceptions, blob_len: self.blob_len,
        };
        Some(layout)
    }
}

impl Planned {
    /// Checks the numbers that a header, of a blob or of a plane, has of the coded bytes.
    fn parse(
        grid: TileGrid,
        codec: PlaneCodec,
        table_count: u8,
        word_count: [u8; 8],
        exception_count: [u8; 4],
        tables_len: [u8; 4],
    ) -> Result<Self, Invalid> {
        let word_count = u64::from_le_bytes(word_count);
        let exception_count = u32::from_le_bytes(exception_count);
        let tables_len = u32::from_le_bytes(tables_len);
        let has_symbols = codec.has_symbols();
        let tables = usize::from(table_count);
        let needs_tables = has_symbols && grid.byte_len() > 0;
        let tables_ok = if needs_tables { (1..=MAX_TABLES).contains(&tables) } else { tables == 0 };
        check(tables_ok, "the number of tables is out of bounds")?;
        check(has_symbols || word_count == 0, "words without a codec that has symbols")?;
        check(word_count < 1 << 48, "there are too many words")?;
        let exceptions_ok = codec.has_ranks() || exception_count == 0;
        check(exceptions_ok, "exceptions without a codec that has ranks")?;
        check(tables != 0 || tables_len == 0, "a length of tables without tables")?;
        let limits = SpanLimits { codec, table_count, word_count, exception_count };
        Ok(Self { grid, limits, tables_len })
    }
}

impl CodedPlane {
    /// The header that [`BlobLayout::parse`] reads this plane from.
    pub fn header(&self) -> PlaneHeader {
        PlaneHeader {
            codec: self.limits.codec as u8,
            tile_rows_less_1: (self.grid.tile_rows() - 1) as u8,
            table_count: self.limits.table_count,
            zero_0: 0,
            tables_len: (self.tables.len as u32).to_le_bytes(),
            word_count: self.limits.word_count.to_le_bytes(),
            exception_count: self.limits.exception_count.to_le_bytes(),
            zero_1: [0; 4],
        }
    }
}

fn invalid(reason: &'static str) -> Invalid {
    Invalid::new("blob header", reason)
}

fn check(holds: bool, reason: &'static str) -> Result<(), Invalid> {
    if holds { Ok(()) } else { Err(invalid(reason)) }
}

/// Checks the order of a tensor's bytes.
fn transposition(header: &BlobHeader, grid: &TileGrid) -> Result<Option<Transposition>, Invalid> {
    let columns = u32::from_le_bytes(header.transposed_columns);
    let band_rows = u32::from_le_bytes(header.band_rows);
    if header.transposed_bytes == 0 {
        let unused = columns == 0 && band_rows == 0;
        check(unused, "columns or rows of a band without an element size")?;
        return Ok(None);
    }
    Transposition::new(grid, header.transposed_bytes, columns, band_rows).map(Some)
}

fn plane_constants(
    header: &BlobHeader,
    split: Split,
) -> Result<[Option<u8>; MAX_RAW_PLANES], Invalid> {
    let known = (1u8 << split.raw_planes()) - 1;
    check(header.constant_planes & !known == 0, "a constant for a plane that the split lacks")?;
    let mut constants = [None; MAX_RAW_PLANES];
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

/// Checks the headers of coded raw planes.
fn coded_planes(
    header: &BlobHeader,
    planes: &[PlaneHeader],
    split: Split,
    grid: &TileGrid,
) -> Result<[Option<Planned>; MAX_RAW_PLANES], Invalid> {
    let known = (1u8 << split.raw_planes()) - 1;
    check(header.coded_planes & !known == 0, "a coded plane that the split lacks")?;
    let both = header.coded_planes & header.constant_planes;
    check(both == 0, "a plane is both constant and coded")?;
    check(header.coded_planes == 0 || grid.byte_len() > 0, "a coded plane of no bytes")?;
    let count = header.coded_planes.count_ones() as usize;
    check(planes.len() == count, "a header of a coded plane is missing")?;
    let mut coded = [None; MAX_RAW_PLANES];
    let mut headers = planes.iter();
    for (plane, coded) in coded.iter_mut().enumerate() {
        if header.coded_planes >> plane & 1 != 0 {
            *coded = headers.next().map(|header| planned_plane(header, split, grid)).transpose()?;
        }
    }
    Ok(coded)
}

fn planned_plane(header: &PlaneHeader, split: Split, grid: &TileGrid) -> Result<Planned, Invalid> {
    let zeros = header.zero_0 == 0 && header.zero_1 == [0; 4];
    check(zeros, "a reserved byte of a plane header is not zero")?;
    let codec = PlaneCodec::from_u8(header.codec).ok_or(Invalid::unknown(
        "plane header",
        "plane codec",
        header.codec,
    ))?;
    check(codec.has_symbols(), "the codec of a coded plane has no symbols")?;
    let grid = grid.of_plane(split, u32::from(header.tile_rows_less_1) + 1)?;
    let &PlaneHeader { table_count, word_count, exception_count, tables_len, .. } = header;
    Planned::parse(grid, codec, table_count, word_count, exception_count, tables_len)
}

/// Parts one after another, each on a multiple of [`SECTION_ALIGN`].
struct Sections {
    end: u64,
}

impl Sections {
    fn add(&mut self, len: u64) -> Result<Section, Invalid> {
        let section = Section { offset: self.end, len };
        self.end = self
            .end
            .checked_add(len)
            .and_then(|end| end.checked_next_multiple_of(SECTION_ALIGN))
            .ok_or(invalid("its parts do not fit 64 bits"))?;
        Ok(section)
    }

    /// Tables and index, which are in the front of the blob.
    fn add_front(&mut self, planned: &Planned) -> Result<[Section; 2], Invalid> {
        let tables = self.add(planned.tables_len.into())?;
        // The product cannot overflow: there are below 2^32 tiles.
        let entries = u64::from(planned.grid.tile_count()) + 1;
        Ok([tables, self.add(entries * IndexEntry::LEN as u64)?])
    }

    /// Words and stored plane of a tensor with so many elements in a lane.
    fn add_coded(
        &mut self,
        Planned { grid, limits, .. }: &Planned,
        lane_elements: usize,
    ) -> Result<[Section; 2], Invalid> {
        // There are below 2^48 words.
        let words = self.add(limits.word_count * 4)?;
        let stored_bytes = limits.codec.stored_plane_bytes(lane_elements);
        Ok([words, self.add(grid.plane_bytes(stored_bytes))?])
    }

    fn add_exceptions(&mut self, limits: &SpanLimits) -> Result<Section, Invalid> {
        self.add(u64::from(limits.exception_count) * 4)
    }
}

fn sections(
    split: Split,
    own: Planned,
    plane_constants: [Option<u8>; MAX_RAW_PLANES],
    coded: [Option<Planned>; MAX_RAW_PLANES],
) -> Result<BlobLayout, Invalid> {
    let lane_elements = split.lane_elements();
    let plane_headers = coded.iter().flatten().count() * PlaneHeader::LEN;
    let mut sections = Sections { end: BlobHeader::LEN as u64 };
    sections.add(plane_headers as u64)?;
    let [tables, index] = sections.add_front(&own)?;
    let mut plane_fronts = [[Section::default(); 2]; MAX_RAW_PLANES];
    for (front, plane) in plane_fronts.iter_mut().zip(&coded) {
        if let Some(plane) = plane {
            *front = sections.add_front(plane)?;
        }
    }
    let [words, stored_plane] = sections.add_coded(&own, lane_elements)?;
    let mut raw_planes = [Section::default(); MAX_RAW_PLANES];
    let mut coded_planes = [None; MAX_RAW_PLANES];
    for plane in 0..MAX_RAW_PLANES {
        let stored = plane < split.raw_planes() && plane_constants[plane].is_none();
        let len = if stored { own.grid.plane_bytes(lane_elements) } else { 0 };
        let Some(planned) = coded[plane] else {
            raw_planes[plane] = sections.add(len)?;
            continue;
        };
        let [tables, index] = plane_fronts[plane];
        let [words, stored_plane] = sections.add_coded(&planned, Split::Byte.lane_elements())?;
        let Planned { grid, limits, .. } = planned;
        let exceptions = sections.add_exceptions(&limits)?;
        #[rustfmt::skip]
        let parts = CodedPlane { grid, limits, tables, index, words, stored_plane, exceptions };
        coded_planes[plane] = Some(parts);
    }
    let exceptions = sections.add_exceptions(&own.limits)?;
    let Planned { grid, limits, .. } = own;
    #[rustfmt::skip]
    let layout = BlobLayout {
        split, grid, transposition: None, limits, coded_constant: 0, plane_constants, coded_planes,
        tables, index, words, stored_plane, raw_planes, exceptions, blob_len: sections.end,
    };
    Ok(layout)
}
