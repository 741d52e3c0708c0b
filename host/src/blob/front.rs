//! The front of a blob: what says where everything in it lies.

use super::plane_place;
use crate::memory::reserve;
use crate::{Error, Result};
use std::borrow::Cow;
use wcodec_codec::format::{
    BlobHeader, BlobLayout, IndexEntry, Invalid, MAX_RAW_PLANES, Predictor, Section, Table,
    TableReader, TileSpan,
};

/// A blob's headers, tables and tile indices, checked (FORMAT.md section 7): every size and offset
/// in them is proven.
///
/// It is all that a plan for the GPU needs; the parts after it can be anywhere.
#[derive(Debug, Clone)]
pub struct BlobFront<'a> {
    bytes: Cow<'a, [u8]>,
    pub(super) layout: BlobLayout,
    tables: Cow<'a, [Table]>,
    /// The tables of raw planes that are coded.
    plane_tables: [Cow<'a, [Table]>; MAX_RAW_PLANES],
}

const NO_TABLES: Cow<'_, [Table]> = Cow::Borrowed(&[]);

impl BlobFront<'static> {
    /// As [`BlobFront::parse`], of bytes that it keeps.
    ///
    /// # Errors
    /// As [`BlobFront::parse`].
    pub(crate) fn parse_owned(mut bytes: Vec<u8>, blob_len: u64) -> Result<Self> {
        let end = Self::end(&bytes, blob_len)?;
        bytes.truncate(end);
        Self::check(Cow::Owned(bytes), blob_len)
    }
}

impl<'a> BlobFront<'a> {
    /// Parses the headers, in the first [`BlobHeader::MOST_LEN`] bytes of a blob that is `blob_len`
    /// bytes long, or all of a shorter one. The front ends where [`BlobLayout::words`] begin.
    ///
    /// # Errors
    /// [`Error::Corrupt`] naming the part of the blob; [`Error::UnknownFeature`] where a newer
    /// version of wcodec may have written it; [`Error::Truncated`] or [`Error::TrailingData`] where
    /// the blob is not as long as its header says.
    #[doc(hidden)]
    pub fn parse_header(bytes: &[u8], blob_len: u64) -> Result<BlobLayout> {
        let wrong_length = |expected| Error::wrong_length("the blob", expected, blob_len);
        let (header, rest) = bytes
            .split_at_checked(BlobHeader::LEN)
            .ok_or_else(|| wrong_length(BlobHeader::LEN as u64))?;
        let header: &BlobHeader = bytemuck::from_bytes(header);
        // Of a damaged header the planes may be missing, and the layout says what is wrong with it.
        let planes = header.len_with_planes() - BlobHeader::LEN;
        let planes = bytemuck::cast_slice(rest.get(..planes).unwrap_or(&[]));
        let layout = BlobLayout::parse(header, planes).map_err(corrupt)?;
        if layout.blob_len == blob_len { Ok(layout) } else { Err(wrong_length(layout.blob_len)) }
    }

    /// Parses and checks `bytes`, the front of a blob that is `blob_len` bytes long, or more of it;
    /// nothing is allocated from an unproven size.
    ///
    /// # Errors
    /// [`Error::Corrupt`] naming the part of the blob; [`Error::UnknownFeature`] where a newer
    /// version of wcodec may have written it; [`Error::Truncated`] or [`Error::TrailingData`] where
    /// the blob is not as long as its header says, or `bytes` end before the front;
    /// [`Error::OutOfMemory`].
    pub fn parse(bytes: &'a [u8], blob_len: u64) -> Result<Self> {
        let end = Self::end(bytes, blob_len)?;
        Self::check(Cow::Borrowed(&bytes[..end]), blob_len)
    }

    /// The end of the front in `bytes`, which reach that far.
    fn end(bytes: &[u8], blob_len: u64) -> Result<usize> {
        let offset = Self::parse_header(bytes, blob_len)?.words.offset;
        let end = usize::try_from(offset).ok().filter(|&end| end <= bytes.len());
        end.ok_or_else(|| Error::wrong_length("the front of the blob", offset, bytes.len() as u64))
    }

    /// Checks the bytes of a front.
    fn check(bytes: Cow<'a, [u8]>, blob_len: u64) -> Result<Self> {
        let layout = Self::parse_header(&bytes, blob_len)?;
        let (tables, plane_tables) = (NO_TABLES, [NO_TABLES; MAX_RAW_PLANES]);
        let mut front = Self { bytes, layout, tables, plane_tables };
        check_padding(&front.bytes, &[plane_headers(&layout)])?;
        front.tables = Cow::Owned(front.read_coding()?);
        for plane in 0..MAX_RAW_PLANES {
            if let Some(coded) = front.coded_plane(plane) {
                let tables = coded.read_coding();
                let tables = tables.map_err(|error| error.within(&plane_place(plane)));
                front.plane_tables[plane] = Cow::Owned(tables?);
            }
        }
        Ok(front)
    }

    /// Raw plane `plane` as a tensor of its own, where it is coded.
    pub(crate) fn coded_plane(&self, plane: usize) -> Option<BlobFront<'_>> {
        let layout = self.layout.coded_plane(plane)?;
        Some(BlobFront {
            bytes: Cow::Borrowed(&self.bytes),
            layout,
            tables: Cow::Borrowed(&self.plane_tables[plane]),
            plane_tables: [NO_TABLES; MAX_RAW_PLANES],
        })
    }

    /// Length of the decoded tensor in bytes.
    pub fn byte_len(&self) -> u64 {
        self.layout.grid.byte_len()
    }

    /// The layout of the blob.
    #[doc(hidden)]
    pub fn layout(&self) -> &BlobLayout {
        &self.layout
    }

    /// The frequency tables.
    #[doc(hidden)]
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// The words, exceptions and coding of tile `tile`, below the grid's tile count.
    #[doc(hidden)]
    pub fn span(&self, tile: u32) -> TileSpan {
        // `check_index` saw every tile.
        self.checked_span(tile).expect("the index was checked when the front was parsed")
    }

    pub(super) fn section(&self, section: Section) -> &[u8] {
        // Tables and index end before the words do: no cast cuts anything off.
        &self.bytes[section.offset as usize..][..section.len as usize]
    }

    fn entry(&self, tile: u32) -> IndexEntry {
        let index = self.section(self.layout.index);
        bytemuck::pod_read_unaligned(&index[tile as usize * IndexEntry::LEN..][..IndexEntry::LEN])
    }

    fn checked_span(&self, tile: u32) -> Option<TileSpan> {
        TileSpan::new(self.entry(tile), self.entry(tile + 1), &self.layout.limits)
    }

    /// Checks the index, and reads the tables.
    fn read_coding(&self) -> Result<Vec<Table>> {
        check_padding(&self.bytes, &[self.layout.tables, self.layout.index])?;
        let tables = self.read_tables()?;
        self.check_index()?;
        Ok(tables)
    }

    fn read_tables(&self) -> Result<Vec<Table>> {
        let mut reader = TableReader::new(self.section(self.layout.tables));
        let count = self.layout.limits.table_count;
        let mut tables = reserve(count.into(), "frequency tables")?;
        for _ in 0..count {
            tables.push(reader.read().map_err(corrupt)?);
        }
        reader.finish().map_err(corrupt)?;
        Ok(tables)
    }

    fn check_index(&self) -> Result<()> {
        let count = self.layout.grid.tile_count();
        let limits = &self.layout.limits;
        if let Some(tile) = (0..count).find(|&tile| self.checked_span(tile).is_none()) {
            return Err(bad_entry(tile, self.entry(tile)));
        }
        let starts_at_zero =
            self.entry(0).words_start() == 0 && self.entry(0).exceptions_start() == 0;
        let ends = self.entry(count) == IndexEntry::end(limits.word_count, limits.exception_count);
        if starts_at_zero && ends {
            Ok(())
        } else {
            Err(Error::corrupt("tile index", "it does not cover all words and exceptions"))
        }
    }
}

/// The headers of coded raw planes.
fn plane_headers(layout: &BlobLayout) -> Section {
    let offset = BlobHeader::LEN as u64;
    Section { offset, len: layout.header().len_with_planes() as u64 - offset }
}

/// Checks that zeros follow these parts of a blob, up to the next multiple of 16 bytes.
pub(super) fn check_padding(blob: &[u8], parts: &[Section]) -> Result<()> {
    for part in parts {
        let end = (part.offset + part.len) as usize;
        if blob[end..end.next_multiple_of(16)].iter().any(|&byte| byte != 0) {
            return Err(Error::corrupt("blob", "its padding is not zero"));
        }
    }
    Ok(())
}

/// Why the index entry of `tile` has no span.
fn bad_entry(tile: u32, entry: IndexEntry) -> Error {
    let place = format!("tile {tile}");
    match entry.predictor() {
        // The fourth bit is reserved.
        number @ 0..8 if Predictor::from_u8(number).is_none() => {
            Error::UnknownFeature { place, feature: "predictor", number }
        }
        _ => Error::corrupt(place, "its index entry is out of bounds"),
    }
}

fn corrupt(invalid: Invalid) -> Error {
    match invalid.unknown {
        None => Error::corrupt(invalid.part, invalid.reason),
        Some(number) => Error::UnknownFeature {
            place: invalid.part.to_owned(),
            feature: invalid.reason,
            number,
        },
    }
}
