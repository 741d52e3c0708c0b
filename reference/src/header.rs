//! FORMAT.md sections 7.1 and 7.6: the blob's header and its plane headers, with the column
//! "valid".

use super::bytes::{byte, integer, require, slice, zeros};
use super::codec::Codec;
use super::geometry::Geometry;
use super::order::{Order, parse_order};
use super::split::Split;

pub const HEADER_BYTES: u64 = 64;
pub const PLANE_HEADER_BYTES: u64 = 24;

pub struct BlobHeader {
    pub split: Split,
    pub codec: Codec,
    pub table_count: u8,
    pub coded_constant: u8,
    /// The constant of each raw plane that has one.
    pub raw_constants: [Option<u8>; 3],
    /// The header of each raw plane that is coded: that of "a tensor of their own".
    pub coded_planes: [Option<Box<BlobHeader>>; 3],
    pub geometry: Geometry,
    pub order: Option<Order>,
    pub word_count: u64,
    pub exception_count: u64,
    pub tables_len: u64,
    pub blob_len: u64,
}

pub fn parse_header(blob: &[u8]) -> Result<BlobHeader, String> {
    require(slice(blob, 0, 4, "magic")? == b"WCTB", || "the magic is not WCTB".into())?;
    let version = byte(blob, 6, "version")?;
    require(version == 2, || format!("version {version} of the blob is not 2"))?;
    let split = Split::from_number(byte(blob, 4, "split")?)?;
    let geometry = parse_geometry(blob, split)?;
    let header = BlobHeader {
        split,
        codec: Codec::from_number(byte(blob, 5, "codec")?)?,
        table_count: byte(blob, 8, "table_count")?,
        coded_constant: byte(blob, 9, "coded_constant")?,
        raw_constants: parse_raw_constants(blob, split)?,
        coded_planes: [None, None, None],
        order: parse_order(blob, &geometry)?,
        geometry,
        word_count: integer(blob, 32, 8, "word_count")?,
        exception_count: integer(blob, 40, 4, "exception_count")?,
        tables_len: integer(blob, 44, 4, "tables_len")?,
        blob_len: integer(blob, 48, 8, "blob_len")?,
    };
    check_codec_fields(&header)?;
    let (says, is) = (header.blob_len, blob.len());
    require(says == is as u64, || format!("blob_len is {says}, the blob has {is} bytes"))?;
    parse_coded_planes(blob, header)
}

/// Byte 11, and the plane headers that it says there are.
fn parse_coded_planes(blob: &[u8], mut header: BlobHeader) -> Result<BlobHeader, String> {
    let planes = byte(blob, 11, "coded_planes")?;
    require(planes == 0 || header.geometry.byte_len > 0, || {
        "coded_planes of an empty blob".into()
    })?;
    let mut at = HEADER_BYTES;
    for p in 0..8 {
        if planes >> p & 1 == 0 {
            continue;
        }
        require(p < header.split.raw_planes() && header.raw_constants[p].is_none(), || {
            format!("coded_planes {planes:#b} names plane {p}, which is constant or none")
        })?;
        let plane = parse_plane_header(blob, at, &header);
        let plane = plane.map_err(|why| format!("plane header {p}: {why}"))?;
        header.coded_planes[p] = Some(Box::new(plane));
        at += PLANE_HEADER_BYTES;
    }
    Ok(header)
}

/// A plane header as the header of a tensor "with split Byte, `row_bytes` 512".
fn parse_plane_header(blob: &[u8], at: u64, of: &BlobHeader) -> Result<BlobHeader, String> {
    let less_1 = byte(blob, at + 1, "tile_rows − 1")?;
    require(less_1 >= 7, || format!("tile_rows − 1 is {less_1}, less than 7"))?;
    let byte_len = of.geometry.lanes() * of.split.lane_elements() as u64;
    let header = BlobHeader {
        split: Split::Byte,
        codec: Codec::from_number(byte(blob, at, "codec")?)?,
        table_count: byte(blob, at + 2, "table_count")?,
        coded_constant: 0,
        raw_constants: [None; 3],
        coded_planes: [None, None, None],
        geometry: Geometry { byte_len, row_bytes: 512, tile_rows: u64::from(less_1) + 1 },
        order: None,
        word_count: integer(blob, at + 8, 8, "word_count")?,
        exception_count: integer(blob, at + 16, 4, "exception_count")?,
        tables_len: integer(blob, at + 4, 4, "tables_len")?,
        blob_len: of.blob_len,
    };
    zeros(blob, at + 3, 1, "reserved byte 3")?;
    zeros(blob, at + 20, 4, "reserved bytes 20 to 23")?;
    require(header.codec.has_symbols(), || "a codec without symbols".into())?;
    check_codec_fields(&header)?;
    Ok(header)
}

/// Bytes 10 and 12 to 14: which raw planes are constant, and their constants.
fn parse_raw_constants(blob: &[u8], split: Split) -> Result<[Option<u8>; 3], String> {
    let planes = byte(blob, 10, "constant_planes")?;
    require(u32::from(planes) < 1 << split.raw_planes(), || {
        format!("constant_planes {planes:#b} names planes that the split has not")
    })?;
    let mut constants = [None; 3];
    for (p, place) in constants.iter_mut().enumerate() {
        let constant = byte(blob, 12 + p as u64, "constant of a raw plane")?;
        if planes >> p & 1 == 1 {
            *place = Some(constant);
        } else {
            require(constant == 0, || format!("constant {constant} of raw plane {p}, not one"))?;
        }
    }
    Ok(constants)
}

fn parse_geometry(blob: &[u8], split: Split) -> Result<Geometry, String> {
    let less_1 = byte(blob, 7, "tile_rows − 1")?;
    require(less_1 >= 7, || format!("tile_rows − 1 is {less_1}, less than 7"))?;
    let byte_len = integer(blob, 16, 8, "byte_len")?;
    let size = split.element_size() as u64;
    require(byte_len.is_multiple_of(size), || {
        format!("byte_len {byte_len} is no multiple of {size}-byte elements")
    })?;
    let row_bytes = integer(blob, 24, 8, "row_bytes")?;
    require(row_bytes >= 512 && row_bytes.is_multiple_of(512), || {
        format!("row_bytes {row_bytes} is no multiple of 512 from 512 on")
    })?;
    require(row_bytes == 512 || byte_len.is_multiple_of(row_bytes), || {
        format!("byte_len {byte_len} is no multiple of row_bytes {row_bytes}")
    })?;
    require(row_bytes == 512 || byte_len > 0, || {
        format!("row_bytes {row_bytes} of an empty blob is not 512")
    })?;
    Ok(Geometry { byte_len, row_bytes, tile_rows: u64::from(less_1) + 1 })
}

/// The fields whose valid values depend on the codec.
fn check_codec_fields(header: &BlobHeader) -> Result<(), String> {
    let codec = header.codec;
    let needs_tables = codec.has_symbols() && header.geometry.byte_len > 0;
    let tables = if needs_tables { 1..=16 } else { 0..=0 };
    let count = header.table_count;
    require(tables.contains(&count), || format!("{count} tables where {tables:?} may be"))?;
    let constant = header.coded_constant;
    require(constant == 0 || codec == Codec::Const, || {
        format!("coded_constant {constant} with a codec other than Const")
    })?;
    let words = header.word_count;
    require(words == 0 || codec.has_symbols(), || format!("{words} words, but no symbols"))?;
    require(words < 1 << 48, || format!("{words} words are too many"))?;
    let exceptions = header.exception_count;
    require(exceptions == 0 || codec.has_ranks(), || format!("{exceptions} exceptions, no ranks"))
}
