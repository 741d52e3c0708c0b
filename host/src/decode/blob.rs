//! A blob, checked once from end to end.

use super::reserve;
use crate::{Error, Result};
use wcodec_kernels::format::{
    BlobHeader, BlobLayout, IndexEntry, Invalid, PlaneCodec, Section, Split, Table, TableReader,
    TileSpan,
};

/// An encoded tensor that has been checked (FORMAT.md section 7): every size and offset in it is proven.
///
/// Whether the words decode is not known before they have been decoded.
#[derive(Debug, Clone)]
pub struct Blob<'a> {
    bytes: &'a [u8],
    layout: BlobLayout,
    tables: Vec<Table>,
}

/// How a tensor is coded, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobSummary {
    /// How elements are split.
    pub split: Split,
    /// The plane codec.
    pub codec: PlaneCodec,
    /// tANS states a lane.
    pub states: u8,
    /// Probability bits of each table.
    pub prob_bits: Vec<u8>,
    /// Rows of a full tile, of 512 bytes each.
    pub tile_rows: u32,
    /// Bytes of a matrix row; 512 where the tensor is flat.
    pub row_bytes: u64,
    /// Tiles.
    pub tile_count: u32,
    /// Tiles with each predictor, in the order of [`wcodec_kernels::format::Predictor::ALL`].
    pub predictors: [u32; 5],
    /// Exceptions of all tiles.
    pub exceptions: u32,
}

impl<'a> Blob<'a> {
    /// Parses and checks `bytes`; nothing is allocated from an unproven size.
    ///
    /// # Errors
    /// [`Error::Corrupt`] naming the part of the blob; [`Error::Truncated`] or [`Error::TrailingData`] where `bytes`
    /// is not as long as its header says; [`Error::OutOfMemory`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self> {
        let wrong_length = |expected| Error::wrong_length("the blob", expected, bytes.len() as u64);
        let header =
            bytes.get(..BlobHeader::LEN).ok_or_else(|| wrong_length(BlobHeader::LEN as u64))?;
        let layout = BlobLayout::parse(bytemuck::from_bytes(header)).map_err(corrupt)?;
        if layout.blob_len != bytes.len() as u64 {
            return Err(wrong_length(layout.blob_len));
        }
        let mut blob = Self { bytes, layout, tables: Vec::new() };
        blob.check_padding()?;
        blob.tables = blob.read_tables()?;
        blob.check_index()?;
        Ok(blob)
    }

    /// Length of the decoded tensor in bytes.
    pub fn byte_len(&self) -> u64 {
        self.layout.grid.byte_len()
    }

    /// The blob as it lies.
    pub fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// What the blob holds and where.
    pub fn layout(&self) -> &BlobLayout {
        &self.layout
    }

    /// The frequency tables.
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// What tile `tile`, below the grid's tile count, owns.
    pub fn span(&self, tile: u32) -> TileSpan {
        // `check_index` saw every tile.
        self.checked_span(tile).expect("the index was checked when the blob was parsed")
    }

    /// How the tensor is coded.
    pub fn summary(&self) -> BlobSummary {
        let mut predictors = [0; 5];
        for tile in 0..self.layout.grid.tile_count() {
            predictors[self.span(tile).predictor as usize] += 1;
        }
        BlobSummary {
            split: self.layout.split,
            codec: self.layout.limits.codec,
            states: self.layout.limits.states,
            prob_bits: self.tables.iter().map(Table::prob_bits).collect(),
            tile_rows: self.layout.grid.tile_rows(),
            row_bytes: self.layout.grid.row_bytes(),
            tile_count: self.layout.grid.tile_count(),
            predictors,
            exceptions: self.layout.limits.exception_count,
        }
    }

    /// The bytes of one part.
    pub(crate) fn section(&self, section: Section) -> &'a [u8] {
        // The layout fits `blob_len`, and that is the slice's length: no cast cuts anything off.
        &self.bytes[section.offset as usize..][..section.len as usize]
    }

    fn entry(&self, tile: u32) -> IndexEntry {
        let index = self.section(self.layout.index);
        bytemuck::pod_read_unaligned(&index[tile as usize * IndexEntry::LEN..][..IndexEntry::LEN])
    }

    fn checked_span(&self, tile: u32) -> Option<TileSpan> {
        TileSpan::new(self.entry(tile), self.entry(tile + 1), &self.layout.limits)
    }

    fn check_padding(&self) -> Result<()> {
        let layout = &self.layout;
        let [raw_0, raw_1, raw_2] = layout.raw_planes;
        let parts = [layout.tables, layout.index, layout.words, layout.coded_plane];
        for part in parts.into_iter().chain([raw_0, raw_1, raw_2, layout.exceptions]) {
            let end = (part.offset + part.len) as usize;
            let padding = &self.bytes[end..end.next_multiple_of(16)];
            if padding.iter().any(|&byte| byte != 0) {
                return Err(Error::corrupt("blob", "its padding is not zero"));
            }
        }
        Ok(())
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
            return Err(Error::corrupt(format!("tile {tile}"), "its index entry is out of bounds"));
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

fn corrupt(invalid: Invalid) -> Error {
    Error::corrupt(invalid.part, invalid.reason)
}
