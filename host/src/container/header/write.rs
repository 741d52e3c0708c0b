//! The header as it is written.

use super::fields::{self, AS_IS, BASES, ELSEWHERE, FILE_NAME, HEAD, KINDS, LENGTHS, OTHER_FILES};
use super::fields::{REFERENCES, SOURCE};
use super::packed::Packer;
use super::short::shorten;
use crate::Result;
use crate::container::place::Kind;
use crate::container::preamble::Preamble;
use crate::container::storage_plan::StoragePlan;
use crate::container::{ContentHash, Manifest, TensorReference};
use crate::memory::reserve;
use crate::safetensors_file::header_text;
use std::borrow::Cow;

/// The facts about a blob that writing it determined.
#[derive(Debug, Clone, Copy)]
pub(in crate::container) struct BlobSums {
    pub length: u64,
    pub crc32c: u32,
}

/// What a header says but for its blobs.
pub(in crate::container) struct Header<'a> {
    text: Cow<'a, str>,
    is_source: bool,
    file_name: Option<&'a str>,
    as_is: bool,
}

/// A header and the sums as they are stored.
pub(in crate::container) struct StoredHeader {
    pub packed: Vec<u8>,
    pub sums: Vec<u8>,
    pub header_len: u32,
    pub text_len: u32,
    /// Bytes of the text in that, without numbers that follow from others.
    pub short_len: u32,
}

impl<'a> Header<'a> {
    /// The header of `manifest`, and this name of the source's file.
    ///
    /// # Errors
    /// As [`header_text`] where the source was no safetensors file.
    pub fn new(manifest: &'a Manifest, file_name: Option<&'a str>) -> Result<Self> {
        let (text, is_source) = match &manifest.safetensors_header {
            Some(text) => (Cow::Borrowed(text.as_str()), true),
            None => {
                let made = header_text(manifest.tensors.iter(), manifest.metadata.as_ref())?;
                (Cow::Owned(made), false)
            }
        };
        Ok(Self { text, is_source, file_name, as_is: manifest.as_is })
    }

    /// The most bytes that the header takes with so many tensors, without references to bases.
    pub fn longest(&self, tensors: usize) -> u64 {
        let name = self.file_name.map_or(0, str::len);
        // Of each tensor a kind, and the length of a blob or where another is stored; the names of
        // other files are few.
        (self.text.len() + name + FIELDS * HEAD + 9 * tensors) as u64
    }

    /// The header with these blobs, of a length that was checked to be no more than allowed.
    pub fn store(
        &self,
        plan: &StoragePlan,
        blobs: &[BlobSums],
        hashes: &[ContentHash],
    ) -> Result<StoredHeader> {
        let fields = self.fields(plan, blobs)?;
        let sums = sums(plan, blobs, hashes)?;
        let header_len = (self.text.len() + fields.len()) as u32;
        let (packed, short_len) = self.pack(&fields, sums.len(), header_len)?;
        let text_len = self.text.len() as u32;
        Ok(StoredHeader { packed, sums, header_len, text_len, short_len })
    }

    /// The header as it is stored, and the length of the text in it. A reader believes a stored header
    /// that is not too short: so the text is whole where it repeats itself all the time.
    fn pack(&self, fields: &[u8], sums_len: usize, header_len: u32) -> Result<(Vec<u8>, u32)> {
        for is_short in [true, false] {
            let mut packer = Packer::new()?;
            let text_len = if is_short {
                shorten(&self.text, |piece| packer.push(piece))?
            } else {
                packer.push(self.text.as_bytes())?;
                self.text.len()
            };
            packer.push(fields)?;
            let believed = packer.finish()?.filter(|packed| {
                let tail = (packed.len() + sums_len) as u64;
                u64::from(header_len) <= tail * Preamble::MOST_EXPANSION
            });
            if let Some(packed) = believed {
                return Ok((packed, text_len as u32));
            }
        }
        let mut plain = reserve(header_len.into(), "the header of an archive")?;
        [self.text.as_bytes(), fields].into_iter().for_each(|part| plain.extend_from_slice(part));
        Ok((plain, self.text.len() as u32))
    }

    fn fields(&self, plan: &StoragePlan, blobs: &[BlobSums]) -> Result<Vec<u8>> {
        let lengths = fields::columns(blobs.len(), |index| blobs[index].length)?;
        let name = self.file_name.unwrap_or_default();
        let other_files = plan.names().to_bytes();
        let of_tensors = plan.kinds().len()
            + 4 * plan.back().len()
            + 8 * plan.targets().len()
            + TensorReference::LEN * plan.kinds().len()
            + other_files.len();
        let room = (name.len() + lengths.len() + of_tensors + FIELDS * HEAD) as u64;
        let mut bytes = reserve(room, "the fields of a header")?;
        if self.is_source {
            fields::push(&mut bytes, SOURCE, &[]);
        }
        if let Some(name) = self.file_name {
            fields::push(&mut bytes, FILE_NAME, name.as_bytes());
        }
        if !blobs.is_empty() {
            fields::push(&mut bytes, LENGTHS, &lengths);
        }
        if plan.kinds().iter().any(|&kind| kind != Kind::Alone) {
            let kinds = plan.kinds().iter().map(|&kind| kind as u8);
            fields::push_all(&mut bytes, KINDS, plan.kinds().len(), kinds);
            let back = plan.back().iter().flat_map(|back| back.to_le_bytes());
            fields::push_all(&mut bytes, REFERENCES, 4 * plan.back().len(), back);
        }
        if !plan.targets().is_empty() {
            fields::push(&mut bytes, OTHER_FILES, &other_files);
            let targets = plan.targets().iter().flat_map(|target| [target.file, target.number]);
            let targets = targets.flat_map(u32::to_le_bytes);
            fields::push_all(&mut bytes, ELSEWHERE, 8 * plan.targets().len(), targets);
        }
        let bases: Vec<u8> = plan.bases().flat_map(TensorReference::to_bytes).collect();
        if !bases.is_empty() {
            fields::push(&mut bytes, BASES, &bases);
        }
        if self.as_is {
            fields::push(&mut bytes, AS_IS, &[]);
        }
        Ok(bytes)
    }
}

/// The most fields that a header has.
const FIELDS: usize = 9;

/// The checksums of all blobs, then the hashes of the tensors that have bytes of their own.
fn sums(plan: &StoragePlan, blobs: &[BlobSums], hashes: &[ContentHash]) -> Result<Vec<u8>> {
    let own = plan.kinds().iter().zip(hashes).filter(|(kind, _)| **kind != Kind::Same);
    let room = 4 * blobs.len() + 8 * (hashes.len() - plan.back().len());
    let mut bytes = reserve(room as u64, "the sums of blobs")?;
    bytes.extend(blobs.iter().flat_map(|blob| blob.crc32c.to_le_bytes()));
    bytes.extend(own.flat_map(|(_, hash)| hash.to_le_bytes()));
    Ok(bytes)
}
