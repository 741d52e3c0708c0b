//! The preamble and the header of an archive, which come before all else.

use super::header::Contents;
use super::preamble::{Preamble, check_magic};
use super::storage::Storage;
use super::{ContentHash, Limits};
use crate::{Error, Result};

/// Preamble and header, checked from end to end.
#[derive(Debug)]
pub(super) struct Front {
    pub preamble: Preamble,
    pub contents: Contents,
}

impl Front {
    /// Reads and checks the front of an archive that keeps to these limits.
    pub fn read(storage: &Storage<'_>, limits: &Limits) -> Result<Self> {
        let preamble = read_preamble(storage, limits)?;
        let place = format!("the header of {}", storage.place());
        let bytes = storage.read(Preamble::LEN, preamble.header_len, "the header")?;
        if crc32c::crc32c(&bytes) != preamble.header_crc {
            let reason = "its checksum does not match: download or copy the file again";
            return Err(Error::corrupt(place, reason));
        }
        limits.check_depth(&bytes, &place)?;
        let contents = Contents::read(&bytes, &preamble, limits, &place)
            .map_err(|fault| fault.into_error(|reason| Error::corrupt(&place, reason)))?;
        Ok(Self { preamble, contents })
    }

    /// The XXH3-64 of the bytes of preamble and header.
    pub fn hash(&self, storage: &Storage<'_>) -> Result<ContentHash> {
        let length = Preamble::LEN + self.preamble.header_len;
        Ok(ContentHash::of(&storage.read(0, length, "the header")?))
    }

    /// Returns whether the header is the one that was read.
    pub fn is_unchanged(&self, storage: &Storage<'_>) -> Result<bool> {
        let header = storage.read(Preamble::LEN, self.preamble.header_len, "the header")?;
        Ok(crc32c::crc32c(&header) == self.preamble.header_crc)
    }

    /// Checks that the bytes before each blob, which no checksum covers, are zero.
    pub fn check_padding(&self, storage: &Storage<'_>) -> Result<()> {
        let mut end = Preamble::LEN + self.preamble.header_len;
        for tensor in &self.contents.tensors {
            let gap = storage.read(end, tensor.offset - end, "padding")?;
            if gap.iter().any(|&byte| byte != 0) {
                let place = format!("the padding before {}", storage.place_of(tensor));
                return Err(Error::corrupt(
                    place,
                    "it is not zero: download or copy the file again",
                ));
            }
            end = tensor.offset + tensor.length;
        }
        Ok(())
    }
}

fn read_preamble(storage: &Storage<'_>, limits: &Limits) -> Result<Preamble> {
    let (path, actual) = (storage.path(), storage.len());
    let start = storage.read(0, actual.min(Preamble::LEN), "the preamble")?;
    let wrong_length = |expected| Error::wrong_length(storage.place(), expected, actual);
    let Ok(bytes) = start.as_ref().try_into() else {
        check_magic(&start, path)?;
        return Err(wrong_length(Preamble::LEN));
    };
    let preamble = Preamble::parse(bytes, path, limits)?;
    if preamble.file_len != actual {
        return Err(wrong_length(preamble.file_len));
    }
    if preamble.file_len - Preamble::LEN < preamble.header_len {
        let place = format!("the preamble of {}", path.display());
        return Err(Error::corrupt(place, "the header would end beyond the file"));
    }
    Ok(preamble)
}
