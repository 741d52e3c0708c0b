//! An archive as a source of blobs.

use super::{Archive, TensorInfo};
use crate::{BlobInfo, BlobSource, Error, Result};

impl BlobSource for Archive {
    fn blob_count(&self) -> usize {
        self.tensors().len()
    }

    fn blob_info(&self, number: usize) -> BlobInfo {
        let tensor = &self.tensors()[number];
        BlobInfo {
            name: tensor.name().to_owned(),
            dtype: tensor.dtype(),
            shape: tensor.shape().clone(),
            byte_len: tensor.byte_len(),
            blob: tensor.blob_number().into(),
            blob_byte_len: tensor.blob_byte_len(),
            start: tensor.blob_start(),
            blob_len: tensor.place.blob.length,
            crc32c: tensor.place.blob.crc32c,
        }
    }

    fn find_blob(&self, name: &str) -> Result<usize> {
        self.number_of(name)
    }

    fn read_blob_at(&self, number: usize, offset: u64, bytes: &mut [u8]) -> Result<()> {
        let tensor = &self.tensors()[number];
        tensor.check_alone(|| self.place(tensor))?;
        check_inside(tensor, offset, bytes.len() as u64)?;
        self.read_at(tensor, offset, bytes)
    }

    fn blob_place(&self, number: usize) -> String {
        self.place(&self.tensors()[number])
    }

    fn is_checked(&self, number: usize) -> bool {
        self.is_blob_checked(number)
    }

    fn set_checked(&self, number: usize) {
        self.set_blob_checked(number);
    }
}

/// Checks that `len` bytes from `offset` on are a blob's own.
fn check_inside(tensor: &TensorInfo, offset: u64, len: u64) -> Result<()> {
    let end = offset.checked_add(len);
    if end.is_some_and(|end| end <= tensor.place.blob.length) {
        return Ok(());
    }
    let reason = format!("{len} bytes at {offset} of a blob of {} bytes", tensor.place.blob.length);
    Err(Error::InvalidArgument(reason))
}
