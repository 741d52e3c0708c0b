//! The header as it is written, entry by entry: none of it is kept.

use crate::Dtype;
use crate::container::{ContentHash, Manifest, Metadata, Shape};
use serde::{Serialize, Serializer};

/// The header of an archive; `tensors` makes its entries, each time that it is written.
#[derive(Serialize)]
pub(in crate::container) struct Header<'a, E: Iterator<Item = Entry<'a>> + Clone> {
    #[serde(serialize_with = "each")]
    tensors: E,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<&'a Metadata>,
    #[serde(skip_serializing_if = "Option::is_none")]
    safetensors_header: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_name: Option<&'a str>,
}

/// One tensor of the header.
#[derive(Serialize)]
pub(in crate::container) struct Entry<'a> {
    pub name: &'a str,
    pub dtype: Dtype,
    pub shape: &'a Shape,
    pub codec: &'a str,
    pub offset: u64,
    pub length: u64,
    pub crc32c: u32,
    pub xxh3: ContentHash,
}

fn each<'a, E, S>(entries: &E, serializer: S) -> Result<S::Ok, S::Error>
where
    E: Iterator<Item = Entry<'a>> + Clone,
    S: Serializer,
{
    serializer.collect_seq(entries.clone())
}

impl<'a, E: Iterator<Item = Entry<'a>> + Clone> Header<'a, E> {
    /// The header of `manifest` with these entries, and this name of the source's file.
    pub fn new(manifest: &'a Manifest, file_name: Option<&'a str>, tensors: E) -> Self {
        Self {
            tensors,
            metadata: manifest.metadata.as_ref(),
            safetensors_header: manifest.safetensors_header.as_deref(),
            file_name,
        }
    }
}
