//! Reads the blobs of an archive, and compares their checksums.

use super::Archive;
use crate::Result;
use crate::container::TensorInfo;
use crate::container::storage::Storage;
use crate::memory::resize;
use std::borrow::Cow;
use std::sync::atomic::Ordering;

impl Archive {
    /// The file that a tensor's blob lies in.
    pub(in crate::container) fn storage_of(&self, tensor: &TensorInfo) -> &Storage<'static> {
        let other = tensor.elsewhere().and_then(|number| self.others.get(number));
        other.unwrap_or(&self.storage)
    }

    /// The blob of a tensor, its checksum checked: borrowed where the archive is in memory or
    /// mapped, read otherwise.
    ///
    /// # Errors
    /// [`crate::Error::Corrupt`] where the checksum does not match, [`crate::Error::Io`],
    /// [`crate::Error::OutOfMemory`].
    pub fn read_blob(&self, tensor: &TensorInfo) -> Result<Cow<'_, [u8]>> {
        self.storage_of(tensor).read_blob(tensor)
    }

    /// Reads the blob of a tensor, its checksum checked, into `blob`, which becomes as long.
    pub(crate) fn read_blob_into(&self, tensor: &TensorInfo, blob: &mut Vec<u8>) -> Result<()> {
        resize(blob, tensor.place.blob.length, "a compressed tensor")?;
        let storage = self.storage_of(tensor);
        storage.read_into(tensor.place.blob.offset, blob)?;
        storage.check_blob(tensor, blob)
    }

    /// Compares the checksum of a tensor's blob, which is read piece by piece, unless that was done
    /// before and it was right.
    pub(in crate::container) fn check_blob_once(&self, number: usize) -> Result<()> {
        if !self.is_blob_checked(number) {
            let tensor = &self.tensors()[number];
            self.storage_of(tensor).check_blob_in_pieces(tensor)?;
            self.set_blob_checked(number);
        }
        Ok(())
    }

    /// Returns whether the checksum of a tensor's blob was compared before, and was right.
    pub(in crate::container) fn is_blob_checked(&self, number: usize) -> bool {
        self.checked[self.tensors()[number].place.blob.number as usize].load(Ordering::Relaxed)
    }

    /// Keeps that the checksum of a tensor's blob was right.
    pub(in crate::container) fn set_blob_checked(&self, number: usize) {
        let blob = self.tensors()[number].place.blob.number as usize;
        self.checked[blob].store(true, Ordering::Relaxed);
    }

    /// Fills `bytes` from byte `offset` of a tensor's blob on.
    pub(in crate::container) fn read_at(
        &self,
        tensor: &TensorInfo,
        offset: u64,
        bytes: &mut [u8],
    ) -> Result<()> {
        self.storage_of(tensor).read_into(tensor.place.blob.offset + offset, bytes)
    }
}
