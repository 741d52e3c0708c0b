//! From an archive to decoded tensors in host memory.

use super::storage::Storage;
use super::{Archive, ContentHash, TensorInfo};
use crate::decoder::check_range;
use crate::memory::{Room, new_filled};
use crate::source::check_byte_len;
use crate::tensor::check_element;
use crate::{Blob, Decoder, Error, Result};
use bytemuck::Pod;
use std::ops::{Range, RangeBounds};

impl Archive {
    /// Decodes a whole tensor, and checks its checksum and its hash.
    ///
    /// # Errors
    /// [`Error::NoSuchTensor`]; [`Error::BaseNeeded`] where it is coded against another
    /// ([`Archive::decode_against`]); [`Error::Corrupt`] naming tensor and tile; [`Error::Io`];
    /// [`Error::OutOfMemory`]; [`Error::Gpu`].
    pub fn decode_tensor(&self, name: &str, decoder: &Decoder) -> Result<Vec<u8>> {
        self.decode_new(self.number_of(name)?, 1, decoder)
    }

    /// As [`Archive::decode_tensor`], to elements: see [`super::TensorReader::decode_vec`].
    ///
    /// # Errors
    /// As [`Archive::decode_tensor`]; [`Error::InvalidArgument`] where a `T` has not the size of an
    /// element.
    pub fn decode_vec<T: Pod>(&self, name: &str, decoder: &Decoder) -> Result<Vec<T>> {
        let number = self.number_of(name)?;
        let tensor = &self.tensors()[number];
        let size = check_element::<T>(tensor.dtype(), || self.place(tensor))?;
        self.decode_new(number, size, decoder)
    }

    /// As [`Archive::decode_tensor`], to `out`, which is [`TensorInfo::byte_len`] long.
    ///
    /// # Errors
    /// As [`Archive::decode_tensor`]; [`Error::InvalidArgument`] where `out` has another length.
    /// After any but that `out` holds nothing of use.
    pub fn decode_to(&self, name: &str, decoder: &Decoder, out: &mut [u8]) -> Result<()> {
        let number = self.number_of(name)?;
        let byte_len = self.tensors()[number].byte_len;
        check_range(&(0..byte_len), byte_len, out.len())?;
        self.decode_part_to(number, 0..byte_len, decoder, out)
    }

    /// Decodes some rows of a tensor, a row being an index of its first dimension; `..` is the
    /// whole tensor.
    ///
    /// The first time the blob's checksum is compared, for which it is read whole; after that only
    /// the tile rows are read that hold what is asked for. A [`super::TensorReader`] skips the
    /// first check, and keeps the front that finds the tile rows.
    ///
    /// # Errors
    /// As [`Archive::decode_tensor`]; [`Error::InvalidArgument`] where the tensor has no such rows,
    /// or, for dtypes below 8 bits, they do not begin and end on a byte.
    pub fn decode_rows(
        &self,
        name: &str,
        rows: impl RangeBounds<u64>,
        decoder: &Decoder,
    ) -> Result<Vec<u8>> {
        let reader = self.reader(name)?;
        let range = reader.range(rows)?;
        reader.check_for(&range)?;
        reader.decode_new(range, 1, decoder)
    }

    /// Decodes the bytes `range` of a tensor, which are inside it, to a new vector of elements of
    /// `size` bytes; the checksum is compared once at least.
    pub(crate) fn decode_part<T: Pod>(
        &self,
        number: usize,
        range: Range<u64>,
        size: u64,
        decoder: &Decoder,
    ) -> Result<Vec<T>> {
        if range == (0..self.tensors()[number].byte_len) {
            return self.decode_new(number, size, decoder);
        }
        let reader = self.reader_of(number)?;
        reader.check_for(&range)?;
        reader.decode_new(range, size, decoder)
    }

    /// As [`Archive::decode_part`], to `out`, which is as long.
    pub(crate) fn decode_part_to(
        &self,
        number: usize,
        range: Range<u64>,
        decoder: &Decoder,
        out: &mut [u8],
    ) -> Result<()> {
        let tensor = &self.tensors()[number];
        if range == (0..tensor.byte_len) && !tensor.is_part() {
            let bytes = self.read_blob(tensor)?;
            let blob = self.parse_blob(tensor, &bytes)?;
            let room = Room::Filled(out);
            return decode_blob(self.storage_of(tensor), tensor, &blob, range, decoder, room)
                .map(drop);
        }
        let reader = self.reader_of(number)?;
        reader.check_for(&range)?;
        reader.decode_room(range, decoder, Room::Filled(out)).map(drop)
    }

    /// Decodes every tensor in the order of the source, one at a time.
    ///
    /// # Errors
    /// Each item fails as [`Archive::decode_tensor`]; the items after it can still be taken.
    pub fn decode_all(
        &self,
        decoder: &Decoder,
    ) -> impl ExactSizeIterator<Item = Result<(&TensorInfo, Vec<u8>)>> {
        let tensors = self.tensors().iter().enumerate();
        tensors.map(|(number, tensor)| Ok((tensor, self.decode_new(number, 1, decoder)?)))
    }

    /// Decodes a tensor to a new vector of elements of `size` bytes.
    fn decode_new<T: Pod>(&self, number: usize, size: u64, decoder: &Decoder) -> Result<Vec<T>> {
        let tensor = &self.tensors()[number];
        if tensor.is_part() {
            // The blob's checksum once, and then only the tiles that hold the tensor.
            let reader = self.reader_of(number)?;
            let all = 0..tensor.byte_len;
            reader.check_for(&all)?;
            return reader.decode_new(all, size, decoder);
        }
        let bytes = self.read_blob(tensor)?;
        // Parsed before there is memory: only a blob that has the length earns it.
        let blob = self.parse_blob(tensor, &bytes)?;
        new_filled(tensor.byte_len / size, "a decoded tensor", |out| {
            let all = 0..tensor.byte_len;
            decode_blob(self.storage_of(tensor), tensor, &blob, all, decoder, Room::Fresh(out))
        })
    }

    /// Compares the hash of a tensor's bytes with the one in the header.
    pub(crate) fn check_hash(&self, tensor: &TensorInfo, decoded: &[u8]) -> Result<()> {
        check_hash(self.storage_of(tensor), tensor, decoded)
    }

    /// Parses the bytes of a tensor's blob, and checks that it decodes to as many bytes as the
    /// header says.
    ///
    /// # Errors
    /// [`Error::Corrupt`] naming the tensor and the part of the blob.
    pub fn parse_blob<'a>(&self, tensor: &TensorInfo, bytes: &'a [u8]) -> Result<Blob<'a>> {
        parse_blob(self.storage_of(tensor), tensor, bytes)
    }
}

/// Decodes the bytes `range` of a tensor from its blob; where they are all, checks the hash.
pub(super) fn decode_blob<'out>(
    storage: &Storage<'_>,
    tensor: &TensorInfo,
    blob: &Blob<'_>,
    range: Range<u64>,
    decoder: &Decoder,
    room: Room<'out>,
) -> Result<&'out mut [u8]> {
    let place = || storage.place_of(tensor);
    let is_whole = range == (0..tensor.byte_len);
    let start = tensor.place.start;
    let in_blob = start + range.start..start + range.end;
    let decoded =
        decoder.decode_room(blob, in_blob, room).map_err(|error| error.within(&place()))?;
    if is_whole {
        check_hash(storage, tensor, decoded)?;
    }
    Ok(decoded)
}

/// Compares the hash of a tensor's bytes with the one in the header.
pub(super) fn check_hash(storage: &Storage<'_>, tensor: &TensorInfo, decoded: &[u8]) -> Result<()> {
    if ContentHash::of(decoded) == tensor.content_hash() {
        return Ok(());
    }
    let place = storage.place_of(tensor);
    Err(Error::corrupt(place, "it does not decode to the bytes that were compressed"))
}

/// Parses the bytes of a tensor's blob, which decodes to as many bytes as the header says.
pub(super) fn parse_blob<'a>(
    storage: &Storage<'_>,
    tensor: &TensorInfo,
    bytes: &'a [u8],
) -> Result<Blob<'a>> {
    let place = || storage.place_of(tensor);
    tensor.check_alone(place)?;
    let blob = Blob::parse(bytes).map_err(|error| error.within(&place()))?;
    check_byte_len(tensor.blob_byte_len(), blob.byte_len(), place)?;
    Ok(blob)
}
