//! From an archive to decoded tensors in host memory.

use super::storage::Storage;
use super::{Archive, ContentHash, TensorInfo};
use crate::memory::resize;
use crate::source::check_byte_len;
use crate::tensor::row_bytes;
use crate::{Blob, Decoder, Error, Result};
use std::ops::Range;

impl Archive {
    /// Decodes a whole tensor and checks its hash.
    ///
    /// # Errors
    /// [`Error::NoSuchTensor`], otherwise as [`Archive::decode_into`].
    pub fn decode_tensor(&self, name: &str, decoder: &Decoder) -> Result<Vec<u8>> {
        let mut decoded = Vec::new();
        self.decode_into(self.tensor(name)?, decoder, &mut decoded)?;
        Ok(decoded)
    }

    /// Decodes a whole tensor into `decoded`, which becomes [`TensorInfo::byte_len`] long, and checks its hash.
    ///
    /// # Errors
    /// [`Error::Corrupt`] naming tensor and tile, [`Error::Io`], [`Error::OutOfMemory`], [`Error::Gpu`].
    /// `decoded` then holds nothing of use.
    pub fn decode_into(
        &self,
        tensor: &TensorInfo,
        decoder: &Decoder,
        decoded: &mut Vec<u8>,
    ) -> Result<()> {
        self.decode_read(tensor, &self.read_blob(tensor)?, decoder, decoded)
    }

    /// As [`Archive::decode_into`], for the blob that [`Archive::read_blob_into`] read.
    pub(crate) fn decode_read(
        &self,
        tensor: &TensorInfo,
        blob: &[u8],
        decoder: &Decoder,
        decoded: &mut Vec<u8>,
    ) -> Result<()> {
        // Parsed before there is memory: only a blob that has the length earns it.
        let blob = self.parse_blob(tensor, blob)?;
        resize(decoded, tensor.byte_len(), "a decoded tensor")?;
        decode_blob(&self.storage, tensor, &blob, decoder, decoded)
    }

    /// Decodes some rows of a tensor, a row being an index of its first dimension.
    ///
    /// The blob's own checksum and tile states are checked; the hash covers whole tensors only.
    ///
    /// # Errors
    /// [`Error::NoSuchTensor`]; [`Error::InvalidArgument`] where the tensor has rank 0 or no such rows, or, for
    /// dtypes below 8 bits, the rows do not begin and end on a byte; otherwise as [`Archive::decode_into`].
    pub fn decode_rows(&self, name: &str, rows: Range<u64>, decoder: &Decoder) -> Result<Vec<u8>> {
        let tensor = self.tensor(name)?;
        let range = row_bytes(tensor.dtype(), tensor.shape(), &rows, || self.place(tensor))?;
        let bytes = self.read_blob(tensor)?;
        let blob = self.parse_blob(tensor, &bytes)?;
        let mut decoded = Vec::new();
        resize(&mut decoded, range.end - range.start, "decoded rows")?;
        decoder
            .decode_range(&blob, range, &mut decoded)
            .map_err(|error| error.within(&self.place(tensor)))?;
        Ok(decoded)
    }

    /// Decodes every tensor in the order of the source, one at a time.
    ///
    /// # Errors
    /// Each item fails as [`Archive::decode_into`]; the items after it can still be taken.
    pub fn decode_all(
        &self,
        decoder: &Decoder,
    ) -> impl ExactSizeIterator<Item = Result<(&TensorInfo, Vec<u8>)>> {
        self.tensors().iter().map(move |tensor| {
            let mut decoded = Vec::new();
            self.decode_into(tensor, decoder, &mut decoded)?;
            Ok((tensor, decoded))
        })
    }

    /// Parses the bytes of a tensor's blob, and checks that it decodes to as many bytes as the header says.
    ///
    /// # Errors
    /// [`Error::Corrupt`] naming the tensor and the part of the blob.
    pub fn parse_blob<'a>(&self, tensor: &TensorInfo, bytes: &'a [u8]) -> Result<Blob<'a>> {
        parse_blob(&self.storage, tensor, bytes)
    }
}

/// Decodes the blob of a tensor into `decoded`, which has the tensor's length, and checks the hash.
pub(super) fn decode_blob(
    storage: &Storage<'_>,
    tensor: &TensorInfo,
    blob: &Blob<'_>,
    decoder: &Decoder,
    decoded: &mut [u8],
) -> Result<()> {
    let place = || storage.place_of(tensor);
    decoder.decode(blob, decoded).map_err(|error| error.within(&place()))?;
    if ContentHash::of(decoded) == tensor.content_hash() {
        return Ok(());
    }
    Err(Error::corrupt(place(), "it does not decode to the bytes that were compressed"))
}

/// Parses the bytes of a tensor's blob, which decodes to as many bytes as the header says.
pub(super) fn parse_blob<'a>(
    storage: &Storage<'_>,
    tensor: &TensorInfo,
    bytes: &'a [u8],
) -> Result<Blob<'a>> {
    let place = || storage.place_of(tensor);
    let blob = Blob::parse(bytes).map_err(|error| error.within(&place()))?;
    check_byte_len(tensor.byte_len(), blob.byte_len(), place)?;
    Ok(blob)
}
