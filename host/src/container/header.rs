//! The JSON header of a file (FORMAT.md section 1.2).

use super::preamble::Preamble;
use super::{ContentHash, Manifest, TensorInfo, TensorSpec, align, name};
use crate::Dtype;
use crate::strict_json::Object;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The header as it lies in the file, for reading and for writing.
#[derive(Serialize, Deserialize)]
pub(super) struct Header<'a> {
    #[serde(borrow, deserialize_with = "objects")]
    pub tensors: Vec<Entry<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "not_null_metadata")]
    pub metadata: Option<Cow<'a, BTreeMap<String, String>>>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "not_null")]
    pub safetensors_header: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "not_null")]
    pub file_name: Option<Cow<'a, str>>,
}

/// One tensor of the header.
#[derive(Serialize, Deserialize)]
pub(super) struct Entry<'a> {
    // Borrowed where nothing in it is escaped, so that a long one is refused before it is copied.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    pub dtype: Dtype,
    pub shape: Cow<'a, [u64]>,
    #[serde(default)]
    pub codec: Cow<'a, str>,
    pub offset: u64,
    pub length: u64,
    pub crc32c: u32,
    pub xxh3: ContentHash,
}

fn objects<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Entry<'de>>, D::Error> {
    let entries = Vec::<Object<Entry<'de>>>::deserialize(deserializer)?;
    Ok(entries.into_iter().map(|Object(entry)| entry).collect())
}

/// A member that is absent or a value, never `null`.
fn not_null_metadata<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Cow<'static, BTreeMap<String, String>>>, D::Error> {
    BTreeMap::deserialize(deserializer).map(|map| Some(Cow::Owned(map)))
}

/// The same of a string.
fn not_null<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Cow<'static, str>>, D::Error> {
    String::deserialize(deserializer).map(|text| Some(Cow::Owned(text)))
}

impl<'a> Header<'a> {
    /// The header of `manifest` with these entries.
    pub fn new(manifest: &'a Manifest, tensors: Vec<Entry<'a>>) -> Self {
        Self {
            tensors,
            metadata: manifest.metadata.as_ref().map(Cow::Borrowed),
            safetensors_header: manifest.safetensors_header.as_deref().map(Cow::Borrowed),
            file_name: manifest.file_name.as_deref().map(Cow::Borrowed),
        }
    }

    /// Checks every entry and its place in a file of `file_len` bytes, of which the header has `header_len`.
    pub fn check(
        self,
        header_len: u64,
        file_len: u64,
    ) -> Result<(Vec<TensorInfo>, Manifest), String> {
        let mut end = Preamble::LEN.checked_add(header_len).ok_or("its length overflows")?;
        let mut tensors = Vec::with_capacity(self.tensors.len());
        for entry in self.tensors {
            let info = entry.check(end)?;
            end = info.offset + info.length;
            tensors.push(info);
        }
        if end != file_len {
            return Err(format!("the last blob ends at byte {end}, the file at {file_len}"));
        }
        let manifest = Manifest {
            tensors: tensors.iter().map(|tensor| tensor.spec.clone()).collect(),
            metadata: self.metadata.map(Cow::into_owned),
            safetensors_header: self.safetensors_header.map(Cow::into_owned),
            file_name: self.file_name.map(Cow::into_owned),
        };
        manifest.check_file_name()?;
        manifest.check_safetensors_header()?;
        Ok((tensors, manifest))
    }
}

impl Entry<'_> {
    /// Checks the entry; `previous_end` is where the blob before it ends.
    fn check(self, previous_end: u64) -> Result<TensorInfo, String> {
        let name = self.name.into_owned();
        name::check(&name).map_err(|reason| format!("tensor {name:?}: {reason}"))?;
        if align(previous_end) != Some(self.offset) {
            return Err(format!("tensor {name:?} is said to be at byte {}", self.offset));
        }
        if self.offset.checked_add(self.length).is_none() {
            return Err(format!("tensor {name:?} is said to have {} bytes", self.length));
        }
        let spec = TensorSpec { name, dtype: self.dtype, shape: self.shape.into_owned() };
        let byte_len =
            spec.byte_len().map_err(|error| format!("tensor {:?}: {error}", spec.name))?;
        Ok(TensorInfo {
            spec,
            byte_len,
            codec: self.codec.into_owned(),
            offset: self.offset,
            length: self.length,
            crc32c: self.crc32c,
            xxh3: self.xxh3,
        })
    }
}
