//! A blob, checked once from end to end.

use super::front::{BlobFront, check_padding};
use crate::Result;
use std::fmt;
use wcodec_codec::format::{
    BlobLayout, MAX_RAW_PLANES, PlaneCodec, Section, Split, Table, TileSpan,
};

/// An encoded tensor that has been checked (FORMAT.md section 7): every size and offset in it is
/// proven.
///
/// Only decoding shows whether the words are intact.
#[derive(Debug, Clone)]
pub struct Blob<'a> {
    bytes: &'a [u8],
    front: BlobFront<'a>,
}

/// A summary of a tensor's coding, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BlobSummary {
    /// The split of elements.
    pub split: Split,
    /// The plane codec.
    pub codec: PlaneCodec,
    /// The plane codecs of the raw planes that are coded.
    pub coded_planes: [Option<PlaneCodec>; MAX_RAW_PLANES],
    /// Probability bits of each table.
    pub prob_bits: Vec<u8>,
    /// Bytes of an element and elements in a row, where the tensor is transposed.
    pub transposed: Option<(u8, u32)>,
    /// Rows of a full tile, of 512 bytes each.
    pub tile_rows: u32,
    /// Bytes of a matrix row; 512 where the tensor is flat.
    pub row_bytes: u64,
    /// Tiles.
    pub tile_count: u32,
    /// Tiles with each predictor, in the order of [`wcodec_codec::format::Predictor::ALL`].
    pub predictors: [u32; 5],
    /// Exceptions of all tiles.
    pub exceptions: u32,
}

/// A short form that archives keep, such as `TansPair of High32, 2 tables, 512 columns of 4 bytes,
/// planes 0, 2`: the columns of a transposed tensor, and the raw planes that are coded.
impl fmt::Display for BlobSummary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (codec, split) = (self.codec, self.split);
        write!(formatter, "{codec:?} of {split:?}")?;
        match self.prob_bits.len() {
            0 => {}
            tables => write!(formatter, ", {tables} tables")?,
        }
        if let Some((element_bytes, columns)) = self.transposed {
            write!(formatter, ", {columns} columns of {element_bytes} bytes")?;
        }
        let coded = (0..MAX_RAW_PLANES).filter(|&plane| self.coded_planes[plane].is_some());
        for (number, plane) in coded.enumerate() {
            write!(formatter, "{} {plane}", if number == 0 { ", planes" } else { "," })?;
        }
        Ok(())
    }
}

impl<'a> Blob<'a> {
    /// Parses and checks `bytes`; nothing is allocated from an unproven size.
    ///
    /// # Errors
    /// As [`BlobFront::parse`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self> {
        let front = BlobFront::parse(bytes, bytes.len() as u64)?;
        let layout = front.layout();
        check_padding(bytes, &[layout.words, layout.stored_plane, layout.exceptions])?;
        check_padding(bytes, &layout.raw_planes)?;
        for plane in layout.coded_planes.into_iter().flatten() {
            check_padding(bytes, &[plane.words, plane.stored_plane, plane.exceptions])?;
        }
        Ok(Self { bytes, front })
    }

    /// Its header, tables and index.
    #[doc(hidden)]
    pub fn front(&self) -> &BlobFront<'a> {
        &self.front
    }

    /// Length of the decoded tensor in bytes.
    pub fn byte_len(&self) -> u64 {
        self.front.byte_len()
    }

    /// The blob as it lies.
    pub fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The layout of the blob.
    #[doc(hidden)]
    pub fn layout(&self) -> &BlobLayout {
        self.front.layout()
    }

    /// The frequency tables.
    #[doc(hidden)]
    pub fn tables(&self) -> &[Table] {
        self.front.tables()
    }

    /// The words, exceptions and coding of tile `tile`, below the grid's tile count.
    #[doc(hidden)]
    pub fn span(&self, tile: u32) -> TileSpan {
        self.front.span(tile)
    }

    /// The summary of the tensor's coding.
    pub fn summary(&self) -> BlobSummary {
        let (layout, grid) = (self.layout(), &self.layout().grid);
        let mut predictors = [0; 5];
        for tile in 0..grid.tile_count() {
            predictors[self.span(tile).predictor as usize] += 1;
        }
        BlobSummary {
            split: layout.split,
            codec: layout.limits.codec,
            coded_planes: layout.coded_planes.map(|plane| plane.map(|plane| plane.limits.codec)),
            transposed: layout.transposition.map(|order| (order.element_bytes(), order.columns())),
            prob_bits: self.tables().iter().map(Table::prob_bits).collect(),
            tile_rows: grid.tile_rows(),
            row_bytes: grid.row_bytes(),
            tile_count: grid.tile_count(),
            predictors,
            exceptions: layout.limits.exception_count,
        }
    }

    /// The bytes of one part.
    pub(crate) fn section(&self, section: Section) -> &'a [u8] {
        // The layout fits `blob_len`, and that is the slice's length: no cast cuts anything off.
        &self.bytes[section.offset as usize..][..section.len as usize]
    }
}
