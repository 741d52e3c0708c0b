//! The preamble, the header and the sums of an archive, which are read before all else.

use super::header::{Contents, expand, unpack};
use super::preamble::{Preamble, check_magic};
use super::storage::Storage;
use super::{ContentHash, ContentHasher, Limits};
use crate::memory::append;
use crate::{Error, Result};
use std::borrow::Cow;

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
        let stored = read_stored(storage, &preamble)?;
        if crc32c::crc32c(&stored) != preamble.crc32c {
            let reason = "its checksum does not match: download or copy the file again";
            return Err(Error::corrupt(place, reason));
        }
        let unsound = |reason: String| Error::corrupt(&place, reason);
        let (packed, sums) = split(stored, preamble.packed_len as usize)?;
        let [short_len, text_len] = [preamble.short_len, preamble.text_len].map(|len| len as usize);
        let contents = unpack(packed, preamble.inflated_len())
            .and_then(|header| expand(header, short_len, text_len))
            .and_then(|header| Contents::read(header, &sums, &preamble, limits, &place))
            .map_err(|fault| fault.into_error(unsound))?;
        Ok(Self { preamble, contents })
    }

    /// The XXH3-64 of the preamble, the stored header and the sums.
    pub fn hash(&self, storage: &Storage<'_>) -> Result<ContentHash> {
        let mut hasher = ContentHasher::new();
        hasher.update(&self.preamble.to_bytes());
        hasher.update(&read_stored(storage, &self.preamble)?);
        Ok(hasher.finish())
    }

    /// Returns whether the header is the one that was read.
    pub fn is_unchanged(&self, storage: &Storage<'_>) -> Result<bool> {
        let Preamble { blobs_end, file_len, crc32c, .. } = self.preamble;
        Ok(storage.sum_in_pieces(blobs_end, file_len)? == crc32c)
    }
}

/// A stored header, and the sums after it.
type Parts<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>);

/// The stored header, and the sums after it: without a copy of the header, which may be long.
fn split(stored: Cow<'_, [u8]>, packed_len: usize) -> Result<Parts<'_>> {
    match stored {
        Cow::Borrowed(bytes) => {
            let (packed, sums) = bytes.split_at(packed_len);
            Ok((packed.into(), sums.into()))
        }
        Cow::Owned(mut packed) => {
            let mut sums = Vec::new();
            append(&mut sums, &packed[packed_len..], "the sums of an archive")?;
            packed.truncate(packed_len);
            Ok((packed.into(), sums.into()))
        }
    }
}

/// The stored header and the sums.
fn read_stored<'a>(storage: &'a Storage<'_>, preamble: &Preamble) -> Result<Cow<'a, [u8]>> {
    let start = preamble.blobs_end;
    storage.read(start, preamble.file_len - start, "the header")
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
    preamble.check_room(path)?;
    Ok(preamble)
}
