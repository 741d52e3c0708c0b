//! A tensor of a model.

use super::shard::Shard;
use crate::columns::Columns;
use crate::container::Shape;
use crate::decoder::check_range;
use crate::memory::{Room, new_filled};
use crate::tensor::{check_element, rows_of};
use crate::{Archive, Decoder, Dtype, Result, SafetensorsFile};
use bytemuck::Pod;
use std::ops::{Range, RangeBounds};
use std::path::Path;

/// A tensor of a [`super::Model`], wherever it lies. Rows are indices of the first dimension; `..` is
/// the whole tensor, of any rank.
///
/// Of an archive, whole tensors and rows are checked as [`crate::Archive::decode_tensor`] and
/// [`crate::Archive::decode_rows`] do; safetensors has no checksums.
#[derive(Debug, Clone, Copy)]
pub struct ModelTensor<'a> {
    shard: &'a Shard,
    number: usize,
}

impl<'a> ModelTensor<'a> {
    pub(super) fn new(shard: &'a Shard, number: usize) -> Self {
        Self { shard, number }
    }

    /// The name, unique in the model.
    pub fn name(&self) -> &'a str {
        self.shard.name(self.number)
    }

    /// The element type.
    pub fn dtype(&self) -> Dtype {
        self.shard.spec(self.number).dtype
    }

    /// The extents, outermost first; empty for rank 0.
    pub fn shape(&self) -> &'a Shape {
        &self.shard.spec(self.number).shape
    }

    /// Bytes of the decoded tensor.
    pub fn byte_len(&self) -> u64 {
        match self.shard {
            Shard::Archive(archive) => archive.tensors()[self.number].byte_len(),
            Shard::Safetensors(file) => file.tensor_len(self.number),
        }
    }

    /// The file that it lies in.
    pub fn file(&self) -> &'a Path {
        self.shard.path()
    }

    /// The archive that it lies in; `None` where that file is a safetensors file.
    pub fn archive(&self) -> Option<&'a Archive> {
        self.shard.archive()
    }

    /// Decodes rows to a new vector.
    ///
    /// # Errors
    /// As [`crate::Archive::decode_rows`]; [`crate::Error::Io`].
    pub fn decode(&self, rows: impl RangeBounds<u64>, decoder: &Decoder) -> Result<Vec<u8>> {
        self.decode_new(self.range(rows)?, 1, decoder)
    }

    /// Decodes rows to a new vector of elements: see [`crate::container::TensorReader::decode_vec`].
    ///
    /// # Errors
    /// As [`ModelTensor::decode`]; [`crate::Error::InvalidArgument`] where a `T` has not the size of
    /// an element.
    pub fn decode_vec<T: Pod>(
        &self,
        rows: impl RangeBounds<u64>,
        decoder: &Decoder,
    ) -> Result<Vec<T>> {
        let size = check_element::<T>(self.dtype(), || self.place())?;
        self.decode_new(self.range(rows)?, size, decoder)
    }

    /// Decodes rows to `out`, which has their length.
    ///
    /// # Errors
    /// As [`ModelTensor::decode`]; [`crate::Error::InvalidArgument`] where `out` has another length.
    /// After any but that `out` holds nothing of use.
    pub fn decode_to(
        &self,
        rows: impl RangeBounds<u64>,
        decoder: &Decoder,
        out: &mut [u8],
    ) -> Result<()> {
        let range = self.range(rows)?;
        check_range(&range, self.byte_len(), out.len())?;
        match self.shard {
            Shard::Archive(archive) => archive.decode_part_to(self.number, range, decoder, out),
            Shard::Safetensors(file) => file.read_part(self.number, range.start, out),
        }
    }

    /// Decodes some columns of some rows to `out`: of each row the indices `columns` of the last
    /// dimension, as [`crate::Archive::decode_columns_to`] does.
    ///
    /// # Errors
    /// As [`crate::Archive::decode_columns_to`]; [`crate::Error::Io`].
    pub fn decode_columns_to(
        &self,
        rows: impl RangeBounds<u64>,
        columns: Range<u64>,
        decoder: &Decoder,
        out: &mut [u8],
    ) -> Result<()> {
        let rows = self.range(rows)?;
        let file = match self.shard {
            Shard::Archive(archive) => {
                return archive.decode_columns_of(self.number, rows, &columns, decoder, out);
            }
            Shard::Safetensors(file) => file,
        };
        let columns = Columns::of(self.dtype(), self.shape(), &rows, &columns, || self.place())?;
        columns.check_room(out, || self.place())?;
        self.read_columns(file, &columns, out)
    }

    /// Decodes a part to `out`, of which no more is read than its tiles: the bytes `bytes` of the
    /// tensor or, of the lines in these, the indices `columns` of the last dimension. Checksums,
    /// which are of whole tensors, are not compared.
    ///
    /// # Errors
    /// As [`crate::container::TensorReader::decode_part_to`].
    pub fn decode_part_to(
        &self,
        bytes: Range<u64>,
        columns: Option<Range<u64>>,
        decoder: &Decoder,
        out: &mut [u8],
    ) -> Result<()> {
        let file = match self.shard {
            Shard::Archive(archive) => {
                return archive.reader(self.name())?.decode_part_to(bytes, columns, decoder, out);
            }
            Shard::Safetensors(file) => file,
        };
        let part = Columns::in_bytes(
            self.dtype(),
            self.shape(),
            self.byte_len(),
            &bytes,
            columns.as_ref(),
            || self.place(),
        )?;
        part.check_room(out, || self.place())?;
        match columns {
            Some(_) => self.read_columns(file, &part, out),
            None => file.read_part(self.number, bytes.start, out),
        }
    }

    fn read_columns(
        &self,
        file: &SafetensorsFile,
        columns: &Columns,
        out: &mut [u8],
    ) -> Result<()> {
        let width = (columns.bytes.end - columns.bytes.start).max(1) as usize;
        for (line, out) in columns.lines.clone().zip(out.chunks_exact_mut(width)) {
            file.read_part(self.number, line * columns.line_bytes + columns.bytes.start, out)?;
        }
        Ok(())
    }

    fn range(&self, rows: impl RangeBounds<u64>) -> Result<Range<u64>> {
        rows_of(self.dtype(), self.shape(), self.byte_len(), &rows, || self.place())
    }

    fn place(&self) -> String {
        format!("tensor {:?} of {}", self.name(), self.file().display())
    }

    fn decode_new<T: Pod>(
        &self,
        range: Range<u64>,
        size: u64,
        decoder: &Decoder,
    ) -> Result<Vec<T>> {
        match self.shard {
            Shard::Archive(archive) => archive.decode_part(self.number, range, size, decoder),
            Shard::Safetensors(file) => {
                let count = (range.end - range.start) / size;
                new_filled(count, "a tensor", |out| {
                    let out = Room::Fresh(out).into_filled();
                    file.read_part(self.number, range.start, out)?;
                    Ok(out)
                })
            }
        }
    }
}
