//! From an archive to decoded tensors in host memory.

use super::{Archive, ContentHash, TensorInfo};
use crate::memory::resize;
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
        let blob = self.parse_blob(tensor, blob)?;
        resize(decoded, tensor.byte_len(), "a decoded tensor")?;
        decoder.decode(&blob, decoded).map_err(|error| error.within(&self.place(tensor)))?;
        if ContentHash::of(decoded) == tensor.content_hash() {
            return Ok(());
        }
        Err(Error::corrupt(
            self.place(tensor),
            "it does not decode to the bytes that were compressed",
        ))
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
        let range = row_bytes(tensor, &rows).ok_or_else(|| {
            Error::InvalidArgument(format!(
                "{}, of dtype {} and shape {:?}, has no rows {rows:?} of whole bytes",
                self.place(tensor),
                tensor.dtype(),
                tensor.shape()
            ))
        })?;
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
        let blob = Blob::parse(bytes).map_err(|error| error.within(&self.place(tensor)))?;
        self.check_byte_len(tensor, blob.byte_len())?;
        Ok(blob)
    }

    /// Checks that a blob with `found` decoded bytes has as many as the header says.
    pub(crate) fn check_byte_len(&self, tensor: &TensorInfo, found: u64) -> Result<()> {
        let expected = tensor.byte_len();
        if found == expected {
            return Ok(());
        }
        let reason = format!("its blob has {found} decoded bytes, its shape and dtype {expected}");
        Err(Error::corrupt(self.place(tensor), reason))
    }
}

/// The decoded bytes that hold `rows`.
fn row_bytes(tensor: &TensorInfo, rows: &Range<u64>) -> Option<Range<u64>> {
    let mut extents = tensor.shape().iter();
    let count = extents.next()?;
    if rows.start > rows.end || rows.end > count {
        return None;
    }
    let bits = tensor.dtype().bitsize() as u64;
    let row_bits = extents.try_fold(bits, |bits, extent| bits.checked_mul(extent))?;
    // In 128 bits, as the bits of a tensor whose bytes are counted in 64 need not fit 64.
    let bytes_before = |row: u64| {
        let bits = u128::from(row) * u128::from(row_bits);
        if bits.is_multiple_of(8) { u64::try_from(bits / 8).ok() } else { None }
    };
    Some(bytes_before(rows.start)?..bytes_before(rows.end)?)
}
