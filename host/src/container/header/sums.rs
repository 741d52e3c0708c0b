//! The blobs of an archive one after another, with their sums.

use super::fields::Columns;
use crate::container::ContentHash;
use crate::container::preamble::Preamble;
use crate::json::Fault;

/// The place of a blob, its checksum, and the hash of the tensor in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredBlob {
    pub offset: u64,
    pub length: u64,
    pub crc32c: u32,
    pub hash: ContentHash,
}

/// The blobs that a header lists, in their order.
pub struct Blobs<'a> {
    lengths: Columns<'a>,
    crcs: &'a [[u8; 4]],
    hashes: &'a [[u8; 8]],
    next: usize,
    end: u64,
}

impl<'a> Blobs<'a> {
    /// So many blobs of these lengths, with these sums.
    pub fn new(count: usize, lengths: &'a [u8], sums: &'a [u8]) -> Result<Self, Fault> {
        let lengths = Columns::new(lengths, count)?;
        let parts = count.checked_mul(4).and_then(|crcs| sums.split_at_checked(crcs));
        let (crcs, hashes) = parts.ok_or("its sums end too early")?;
        let ((crcs, _), (hashes, rest)) = (crcs.as_chunks(), hashes.as_chunks());
        if hashes.len() != count || !rest.is_empty() {
            return Err(format!("{} bytes are not the sums of {count} blobs", sums.len()).into());
        }
        Ok(Self { lengths, crcs, hashes, next: 0, end: Preamble::LEN })
    }

    /// The next blob, of which there is one for each number below the count.
    pub fn next(&mut self) -> Result<StoredBlob, Fault> {
        let (index, offset) = (self.next, self.end);
        let length = self.lengths.get(index);
        self.end = offset.checked_add(length).ok_or("its blobs end beyond 2^64 bytes")?;
        self.next += 1;
        Ok(StoredBlob {
            offset,
            length,
            crc32c: u32::from_le_bytes(self.crcs[index]),
            hash: ContentHash::from_le_bytes(self.hashes[index]),
        })
    }

    /// Checks that the last blob ends where the stored header begins.
    pub fn check_end(&self, blobs_end: u64) -> Result<(), Fault> {
        match self.end == blobs_end {
            true => Ok(()),
            false => {
                let end = self.end;
                Err(format!("the last blob ends at byte {end}, not at {blobs_end}").into())
            }
        }
    }
}
