//! The file of an archive: whether it is still the one that was opened, and what was read of it.

use super::Archive;
use crate::attributes::Attributes;
use crate::container::ContentHash;
use crate::container::storage::Storage;
use crate::file_identity::FileIdentity;
use crate::positioned_file::PositionedFile;
use crate::{Error, Result};

impl Archive {
    /// The XXH3-64 of the preamble, the header and the sums, which are the sums of all the rest.
    pub(crate) fn front_hash(&self) -> Result<ContentHash> {
        self.front.hash(&self.storage)
    }

    /// Fails where the file, or what its path leads to, is another than the one that was opened.
    pub(crate) fn check_unchanged(&self) -> Result<()> {
        let files = [&self.storage].into_iter().chain(&self.others);
        files.filter_map(Storage::file).try_for_each(PositionedFile::check_unchanged)?;
        if self.front.is_unchanged(&self.storage)? {
            return Ok(());
        }
        Err(Error::Changed { path: self.path().to_path_buf() })
    }

    /// The file as it was when it was opened, where there is one.
    pub(crate) fn identity(&self) -> Option<FileIdentity> {
        self.storage.file().map(PositionedFile::identity)
    }

    /// The mode, owner and times of the file, where there is one.
    pub(crate) fn attributes(&self) -> Option<&Attributes> {
        self.storage.file().map(PositionedFile::attributes)
    }

    /// Bytes that were read of its files so far, each as often as it was; those of memory, and of a
    /// reader, are not counted.
    pub fn bytes_read(&self) -> u64 {
        let files = [&self.storage].into_iter().chain(&self.others);
        files.filter_map(Storage::file).map(PositionedFile::bytes_read).sum()
    }
}
