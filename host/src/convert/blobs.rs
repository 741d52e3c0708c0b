//! The blobs of an archive, each with the tensors whose bytes it holds.

use super::Progress;
use super::bases::{self, Bases};
use super::buffers::Buffers;
use crate::container::{Archive, Members, TensorInfo};
use crate::memory::{reserve, resize};
use crate::progress::proceed;
use crate::{Decoder, Result};

/// The tensors of each blob: several where they share it or have the same bytes.
pub(super) struct Blobs<'a> {
    archive: &'a Archive,
    bases: Option<&'a Bases>,
    members: Members,
}

impl<'a> Blobs<'a> {
    /// The blobs of an archive, which needs no more of bases than these have.
    pub fn new(archive: &'a Archive, bases: Option<&'a Bases>) -> Result<Self> {
        bases::check(bases, archive)?;
        const WHAT: &str = "the blobs of an archive";
        let tensors = archive.tensors();
        let mut all: Vec<u32> = reserve(tensors.len() as u64, WHAT)?;
        all.extend(0..tensors.len() as u32);
        let count = tensors.iter().map(|tensor| tensor.blob_number() + 1).max().unwrap_or(0);
        let blob_of = |member: u32| tensors[member as usize].blob_number();
        let members = Members::new(all, count, blob_of, WHAT)?;
        Ok(Self { archive, bases, members })
    }

    /// The tensors of a blob.
    pub fn members(&self, blob: usize) -> &[u32] {
        self.members.of(blob)
    }

    /// The tensors of a blob, each with its number.
    pub fn tensors(&self, blob: usize) -> impl Iterator<Item = (usize, &'a TensorInfo)> {
        let archive = self.archive;
        self.members(blob).iter().map(|&member| {
            let number = member as usize;
            (number, &archive.tensors()[number])
        })
    }

    /// The decoded bytes of each blob.
    pub fn lengths(&self) -> Vec<u64> {
        let first = |blob| &self.archive.tensors()[self.members(blob)[0] as usize];
        (0..self.members.blobs()).map(|blob| first(blob).blob_byte_len()).collect()
    }

    /// Decodes a blob, and checks the hash of each tensor in it.
    pub fn decode(
        &self,
        blob: usize,
        decoder: &Decoder,
        buffers: &Buffers,
        progress: &dyn Progress,
    ) -> Result<Vec<u8>> {
        let archive = self.archive;
        for (_, tensor) in self.tensors(blob) {
            proceed(progress.tensor(archive.path(), tensor.name()))?;
        }
        let first = &archive.tensors()[self.members(blob)[0] as usize];
        if first.reference().is_some() {
            let bases = self.bases.ok_or_else(|| bases::no_base(archive, first))?;
            return bases.decode_number(archive, self.members(blob)[0] as usize, decoder);
        }
        let mut bytes = buffers.take(first.blob_len());
        archive.read_blob_into(first, &mut bytes)?;
        let parsed = archive.parse_blob(first, &bytes)?;
        let mut data = buffers.take(parsed.byte_len());
        resize(&mut data, parsed.byte_len(), "decoded tensors")?;
        decoder.decode(&parsed, &mut data).map_err(|error| error.within(&archive.place(first)))?;
        for (_, tensor) in self.tensors(blob).filter(|(_, tensor)| tensor.same_as().is_none()) {
            archive.check_hash(tensor, part(tensor, &data))?;
        }
        buffers.give(bytes);
        Ok(data)
    }

    /// Tells of all tensors of a blob that they are done.
    pub fn advance(&self, blob: usize, progress: &dyn Progress) -> Result<()> {
        proceed(progress.advance(self.tensors(blob).map(|(_, tensor)| tensor.byte_len()).sum()))
    }
}

/// The bytes of a tensor in those of its decoded blob.
pub(super) fn part<'d>(tensor: &TensorInfo, data: &'d [u8]) -> &'d [u8] {
    let range = tensor.in_blob();
    &data[range.start as usize..range.end as usize]
}
