//! Reading of a tensor no more than is asked for.

mod open;

use super::decode::{decode_blob, parse_blob};
use super::{Archive, TensorInfo};
use crate::blob::BlobFront;
use crate::decoder::check_range;
use crate::memory::{Room, new_filled};
use crate::tensor::{check_element, rows_of};
use crate::{Decoder, Result};
use bytemuck::Pod;
use std::mem::MaybeUninit;
use std::ops::{Range, RangeBounds};

/// A tensor of an archive whose header, tables and tile index have been read and parsed, so that
/// rows of it cost no more than the tiles that hold them.
///
/// Rows are indices of the first dimension; `..` is the whole tensor, of any rank.
///
/// # What is checked
///
/// | | the whole tensor | rows |
/// |---|---|---|
/// | bytes that are read | the blob | what the tile rows own, which cover the rows |
/// | sizes and offsets of the blob | yes | yes |
/// | that tiles end in the states that they must | every tile | the tiles that are read |
/// | CRC-32C of the blob | yes | no: it is one of the whole |
/// | XXH3-64 of the decoded bytes | yes | no: it is one of the whole |
///
/// So damage to rows in bytes that are stored as they are, such as mantissas, is not found by
/// reading rows. [`TensorReader::check`] reads the blob once and compares its CRC-32C; after that,
/// rows are as good as the whole. [`Archive::decode_rows`] does so by itself, once for each tensor.
///
/// ```
/// use wcodec::{Archive, Decoder, DeviceChoice, Dtype, TensorView, compress};
///
/// # fn main() -> wcodec::Result<()> {
/// let weights: Vec<f32> = (0..6000).map(|i| i as f32).collect();
/// let tensor = TensorView::new(Dtype::F32, &[100, 60], bytemuck::cast_slice(&weights))?;
/// let archive = Archive::from_bytes(compress(&tensor)?)?;
///
/// let decoder = Decoder::open(DeviceChoice::Cpu)?;
/// let reader = archive.reader("tensor")?;
/// reader.check()?;
/// assert_eq!(reader.decode_vec::<f32>(7..9, &decoder)?, weights[7 * 60..9 * 60]);
/// let mut row = [0; 60 * 4];
/// reader.decode_to(99..=99, &decoder, &mut row)?;
/// assert_eq!(row, bytemuck::cast_slice::<f32, u8>(&weights[99 * 60..]));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct TensorReader<'a> {
    archive: &'a Archive,
    /// The tensor's index in the archive.
    number: usize,
    tensor: &'a TensorInfo,
    front: BlobFront<'static>,
}

impl<'a> TensorReader<'a> {
    /// The tensor.
    pub fn tensor(&self) -> &'a TensorInfo {
        self.tensor
    }

    /// Compares the CRC-32C of the blob, which is read for that, once in the life of the archive:
    /// after a first success nothing is read.
    ///
    /// # Errors
    /// [`crate::Error::Corrupt`] where it is another; [`crate::Error::Io`];
    /// [`crate::Error::OutOfMemory`].
    pub fn check(&self) -> Result<()> {
        self.archive.check_blob_once(self.number)
    }

    /// Decoded bytes of these rows.
    ///
    /// # Errors
    /// [`crate::Error::InvalidArgument`] where the tensor has no such rows, or, for dtypes below 8
    /// bits, they do not begin and end on a byte.
    pub fn byte_len(&self, rows: impl RangeBounds<u64>) -> Result<u64> {
        let range = self.range(rows)?;
        Ok(range.end - range.start)
    }

    /// Decodes rows to a new vector.
    ///
    /// # Errors
    /// As [`TensorReader::byte_len`]; [`crate::Error::Corrupt`] naming tensor and tile;
    /// [`crate::Error::Io`]; [`crate::Error::OutOfMemory`]; [`crate::Error::Gpu`].
    pub fn decode(&self, rows: impl RangeBounds<u64>, decoder: &Decoder) -> Result<Vec<u8>> {
        let range = self.range(rows)?;
        self.decode_new(range, 1, decoder)
    }

    /// Decodes rows to a new vector of elements, such as `f32` for [`crate::Dtype::F32`] and `u16`
    /// or a type of the crate `half` for [`crate::Dtype::BF16`]. Elements are little-endian,
    /// whatever the machine.
    ///
    /// # Errors
    /// As [`TensorReader::decode`]; [`crate::Error::InvalidArgument`] where a `T` has not the size
    /// of an element.
    pub fn decode_vec<T: Pod>(
        &self,
        rows: impl RangeBounds<u64>,
        decoder: &Decoder,
    ) -> Result<Vec<T>> {
        let size = check_element::<T>(self.tensor.dtype(), || self.archive.place(self.tensor))?;
        let range = self.range(rows)?;
        self.decode_new(range, size, decoder)
    }

    /// Decodes rows to `out`, which is [`TensorReader::byte_len`] long.
    ///
    /// # Errors
    /// As [`TensorReader::decode`]; [`crate::Error::InvalidArgument`] where `out` has another
    /// length. After any but that `out` holds nothing of use.
    pub fn decode_to(
        &self,
        rows: impl RangeBounds<u64>,
        decoder: &Decoder,
        out: &mut [u8],
    ) -> Result<()> {
        self.decode_room(self.range(rows)?, decoder, Room::Filled(out)).map(drop)
    }

    /// As [`TensorReader::decode_to`], to memory that need not be initialised; gives it back
    /// initialised.
    ///
    /// # Errors
    /// As [`TensorReader::decode_to`].
    pub fn decode_to_uninit<'out>(
        &self,
        rows: impl RangeBounds<u64>,
        decoder: &Decoder,
        out: &'out mut [MaybeUninit<u8>],
    ) -> Result<&'out mut [u8]> {
        self.decode_room(self.range(rows)?, decoder, Room::Fresh(out))
    }

    /// Compares the CRC-32C of the blob as [`TensorReader::check`] does, unless these bytes of the
    /// tensor will be decoded from the whole blob, for which it is compared anyway.
    pub(super) fn check_for(&self, range: &Range<u64>) -> Result<()> {
        if self.parts_are_enough(range) { self.check() } else { Ok(()) }
    }

    /// The bytes of the tensor that hold these rows.
    pub(super) fn range(&self, rows: impl RangeBounds<u64>) -> Result<Range<u64>> {
        let (dtype, shape, byte_len) =
            (self.tensor.dtype(), self.tensor.shape(), self.tensor.byte_len);
        rows_of(dtype, shape, byte_len, &rows, || self.archive.place(self.tensor))
    }

    /// The front of the blob.
    pub(super) fn front(&self) -> &BlobFront<'static> {
        &self.front
    }

    /// Fills `bytes` from byte `offset` of the blob on.
    pub(super) fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<()> {
        self.archive.read_at(self.tensor, offset, bytes)
    }

    /// Names the tensor in a message.
    pub(super) fn place(&self) -> String {
        self.archive.place(self.tensor)
    }

    /// Returns whether these bytes of the tensor are some of the blob's, but not all.
    fn parts_are_enough(&self, range: &Range<u64>) -> bool {
        !range.is_empty() && range.end - range.start != self.tensor.blob_byte_len()
    }

    /// Bytes of the tensor as bytes of its decoded blob.
    pub(super) fn in_blob(&self, range: &Range<u64>) -> Range<u64> {
        let start = self.tensor.place.start;
        start + range.start..start + range.end
    }

    pub(super) fn decode_new<T: Pod>(
        &self,
        range: Range<u64>,
        size: u64,
        decoder: &Decoder,
    ) -> Result<Vec<T>> {
        let count = (range.end - range.start) / size;
        new_filled(count, "decoded rows", |out| self.decode_room(range, decoder, Room::Fresh(out)))
    }

    pub(super) fn decode_room<'out>(
        &self,
        range: Range<u64>,
        decoder: &Decoder,
        room: Room<'out>,
    ) -> Result<&'out mut [u8]> {
        check_range(&range, self.tensor.byte_len, room.len())?;
        if range.is_empty() && self.tensor.byte_len > 0 {
            return Ok(room.into_filled());
        }
        let storage = self.archive.storage_of(self.tensor);
        if !self.parts_are_enough(&range) {
            let bytes = storage.read_blob(self.tensor)?;
            let blob = parse_blob(storage, self.tensor, &bytes)?;
            return decode_blob(storage, self.tensor, &blob, range, decoder, room);
        }
        let in_blob = self.in_blob(&range);
        let rows = decoder.tile_rows(&self.front, &in_blob);
        let read = rows.sections().iter().map(|section| {
            let offset = self.tensor.place.blob.offset + section.offset;
            storage.read(offset, section.len, "a part of a compressed tensor")
        });
        let read = read.collect::<Result<Vec<_>>>()?;
        let decoded = rows
            .decode(read.iter().map(|bytes| &**bytes), room)
            .map_err(|error| error.within(&self.archive.place(self.tensor)))?;
        if range == (0..self.tensor.byte_len) {
            self.archive.check_hash(self.tensor, decoded)?;
        }
        Ok(decoded)
    }
}
