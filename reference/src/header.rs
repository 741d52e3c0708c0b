//! FORMAT.md section 7.1: the blob's header, with the column "valid".

use super::bytes::{byte, integer, require, slice, zeros};
use super::codec::Codec;
use super::geometry::Geometry;
use super::split::Split;

pub const HEADER_BYTES: u64 = 64;

pub struct BlobHeader {
    pub split: Split,
    pub codec: Codec,
    pub table_count: u8,
    pub coded_constant: u8,
    /// The constant of each raw plane that has one.
    pub raw_constants: [Option<u8>; 3],
    pub geometry: Geometry,
    pub word_count: u64,
    pub exception_count: u64,
    pub tables_len: u64,
    pub blob_len: u64,
}

pub fn parse_header(blob: &[u8]) -> Result<BlobHeader, String> {
    require(slice(blob, 0, 4, "magic")? == b"WCTB", || "the magic is not WCTB".into())?;
    let version = byte(blob, 6, "version")?;
    require(version == 1, || format!("version {version} of the blob is not 1"))?;
    let split = Split::from_number(byte(blob, 4, "split")?)?;
    let header = BlobHeader {
        split,
        codec: Codec::from_number(byte(blob, 5, "codec")?)?,
        table_count: byte(blob, 8, "table_count")?,
        coded_constant: byte(blob, 9, "coded_constant")?,
        raw_constants: parse_raw_constants(blob, split)?,
        geometry: parse_geometry(blob, split)?,
        word_count: integer(blob, 32, 8, "word_count")?,
        exception_count: integer(blob, 40, 4, "exception_count")?,
        tables_len: integer(blob, 44, 4, "tables_len")?,
        blob_len: integer(blob, 48, 8, "blob_len")?,
    };
    zeros(blob, 11, 1, "reserved byte 11")?;
    zeros(blob, 15, 1, "reserved byte 15")?;
    zeros(blob, 56, 8, "reserved bytes 56 to 63")?;
    check_codec_fields(&header)?;
    let (says, is) = (header.blob_len, blob.len());
    require(says == is as u64, || format!("blob_len is {says}, the blob has {is} bytes"))?;
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
