//! From an archive to a reader of a tensor.

use super::TensorReader;
use crate::Result;
use crate::blob::BlobFront;
use crate::container::Archive;
use crate::memory::resize;
use crate::source::check_byte_len;
use wcodec_codec::format::BlobHeader;

impl Archive {
    /// A reader of the tensor of this name. The header of its blob, the tables and the tile index
    /// are read now, about a hundredth of a large blob.
    ///
    /// # Errors
    /// [`crate::Error::NoSuchTensor`]; [`crate::Error::Corrupt`], [`crate::Error::Truncated`] or
    /// [`crate::Error::TrailingData`] naming the tensor and the part of the blob;
    /// [`crate::Error::Io`]; [`crate::Error::OutOfMemory`].
    pub fn reader(&self, name: &str) -> Result<TensorReader<'_>> {
        self.reader_of(self.number_of(name)?)
    }

    /// A reader of the tensor of this number.
    pub(in crate::container) fn reader_of(&self, number: usize) -> Result<TensorReader<'_>> {
        let tensor = &self.tensors()[number];
        let place = || self.place(tensor);
        tensor.check_alone(place)?;
        let mut bytes = Vec::new();
        let header = tensor.place.blob.length.min(BlobHeader::MOST_LEN as u64);
        resize(&mut bytes, header, "the header of a blob")?;
        self.read_at(tensor, 0, &mut bytes)?;
        let layout = BlobFront::parse_header(&bytes, tensor.place.blob.length)
            .map_err(|error| error.within(&place()))?;
        resize(&mut bytes, layout.words.offset, "the front of a blob")?;
        self.read_at(tensor, 0, &mut bytes)?;
        let front = BlobFront::parse_owned(bytes, tensor.place.blob.length)
            .map_err(|error| error.within(&place()))?;
        check_byte_len(tensor.blob_byte_len(), front.byte_len(), place)?;
        Ok(TensorReader { archive: self, number, tensor, front })
    }
}
