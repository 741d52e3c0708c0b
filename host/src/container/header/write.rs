//! The header as it is written.

use super::fields::{self, FILE_NAME, HEAD, LENGTHS, SOURCE};
use super::packed::pack;
use super::sums::StoredBlob;
use crate::Result;
use crate::container::Manifest;
use crate::memory::reserve;
use crate::safetensors_file::header_text;
use std::borrow::Cow;

/// What a header says but for its blobs.
pub(in crate::container) struct Header<'a> {
    text: Cow<'a, str>,
    is_source: bool,
    file_name: Option<&'a str>,
}

/// A header and the sums as they are stored.
pub(in crate::container) struct StoredHeader {
    pub packed: Vec<u8>,
    pub sums: Vec<u8>,
    pub header_len: u32,
    pub text_len: u32,
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
        Ok(Self { text, is_source, file_name })
    }

    /// The most bytes that the header takes with so many blobs.
    pub fn longest(&self, blobs: usize) -> u64 {
        let name = self.file_name.map_or(0, str::len);
        (self.text.len() + name + 3 * HEAD + 8 * blobs) as u64
    }

    /// The header with these blobs, of a length that was checked to be no more than allowed.
    pub fn store(&self, blobs: &[StoredBlob]) -> Result<StoredHeader> {
        let fields = self.fields(blobs)?;
        let header_len = (self.text.len() + fields.len()) as u32;
        let packed = pack([self.text.as_bytes(), &fields])?;
        Ok(StoredHeader {
            packed,
            sums: sums(blobs)?,
            header_len,
            text_len: self.text.len() as u32,
        })
    }

    fn fields(&self, blobs: &[StoredBlob]) -> Result<Vec<u8>> {
        let lengths = fields::columns(blobs.len(), |index| blobs[index].length)?;
        let name = self.file_name.unwrap_or_default();
        let room = (name.len() + lengths.len() + 3 * HEAD) as u64;
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
        Ok(bytes)
    }
}

/// The checksums of all blobs, then the hashes of all tensors.
fn sums(blobs: &[StoredBlob]) -> Result<Vec<u8>> {
    let mut bytes = reserve(12 * blobs.len() as u64, "the sums of blobs")?;
    bytes.extend(blobs.iter().flat_map(|blob| blob.crc32c.to_le_bytes()));
    bytes.extend(blobs.iter().flat_map(|blob| blob.hash.to_le_bytes()));
    Ok(bytes)
}
