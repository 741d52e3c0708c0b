//! The header of a safetensors file for tensors from another source.

use super::header::METADATA;
use super::{LENGTH_LEN, MAX_HEADER_LEN};
use crate::json::JsonLength;
use crate::manifest::{Manifest, TensorSpec};
use crate::metadata::Metadata;
use crate::shape::Shape;
use crate::{Dtype, Error, Result, memory};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use std::borrow::Cow;
use std::collections::HashSet;

/// The JSON header of a safetensors file with these tensors in this order: the source's own to the
/// byte where the manifest has it, otherwise a new one, padded so that the tensors begin on a
/// multiple of 8 bytes.
///
/// # Errors
/// [`Error::InvalidArgument`] where a tensor is named like the metadata or like another, or the
/// sizes overflow, [`Error::LimitExceeded`] where the header would be longer than safetensors
/// allows.
pub fn safetensors_header(manifest: &Manifest) -> Result<Cow<'_, str>> {
    if let Some(text) = &manifest.safetensors_header {
        return Ok(Cow::Borrowed(text));
    }
    let mut names = HashSet::with_capacity(manifest.tensors.len());
    if let Some(twice) = manifest.tensors.iter().find(|tensor| !names.insert(&tensor.name)) {
        let name = &twice.name;
        return Err(Error::InvalidArgument(format!("two tensors are named {name:?}")));
    }
    header_text(manifest.tensors.iter(), manifest.metadata.as_ref()).map(Cow::Owned)
}

/// A new header of these tensors, whose names are unique.
pub(crate) fn header_text<'a>(
    tensors: impl Iterator<Item = &'a TensorSpec> + Clone,
    metadata: Option<&'a Metadata>,
) -> Result<String> {
    check_tensors(tensors.clone())?;
    let header = NewHeader { tensors, metadata };
    let mut length = JsonLength::default();
    write(&header, &mut length)?;
    let padded = length.bytes().next_multiple_of(LENGTH_LEN);
    check_limit(padded)?;
    let mut text =
        memory::string(padded as usize, "the header of a safetensors file")?.into_bytes();
    write(&header, &mut text)?;
    text.resize(padded as usize, b' ');
    String::from_utf8(text).map_err(|error| unwritable(&error))
}

fn write(header: &impl Serialize, out: &mut impl std::io::Write) -> Result<()> {
    serde_json::to_writer(out, header).map_err(|error| unwritable(&error))
}

fn unwritable(error: &dyn std::error::Error) -> Error {
    Error::InvalidArgument(format!("the header cannot be written: {error}"))
}

/// Checks that the tensors can be in a safetensors file, and lie in it one after another.
fn check_tensors<'a>(tensors: impl Iterator<Item = &'a TensorSpec>) -> Result<()> {
    let mut end = 0u64;
    for spec in tensors {
        if spec.name == METADATA {
            let message = format!("a tensor named {METADATA:?} cannot be in a safetensors file");
            return Err(Error::InvalidArgument(message));
        }
        end = end.checked_add(spec.byte_len()?).ok_or_else(|| {
            Error::InvalidArgument(format!("tensor {:?} ends beyond 2^64 bytes", spec.name))
        })?;
    }
    Ok(())
}

fn check_limit(value: u64) -> Result<()> {
    if value <= MAX_HEADER_LEN {
        return Ok(());
    }
    Err(Error::LimitExceeded {
        place: "the safetensors file".to_owned(),
        what: "the length of the header in bytes",
        value,
        limit: MAX_HEADER_LEN,
    })
}

/// A header that has been checked.
struct NewHeader<'a, T> {
    tensors: T,
    metadata: Option<&'a Metadata>,
}

/// A tensor of it.
#[derive(Serialize)]
struct NewTensor<'a> {
    dtype: Dtype,
    shape: &'a Shape,
    data_offsets: [u64; 2],
}

impl<'a, T: Iterator<Item = &'a TensorSpec> + Clone> Serialize for NewHeader<'a, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(metadata) = self.metadata {
            map.serialize_entry(METADATA, metadata)?;
        }
        let mut start = 0;
        for TensorSpec { name, dtype, shape } in self.tensors.clone() {
            let end = start + shape.byte_len(*dtype).map_err(serde::ser::Error::custom)?;
            let data_offsets = [start, end];
            map.serialize_entry(name, &NewTensor { dtype: *dtype, shape, data_offsets })?;
            start = end;
        }
        map.end()
    }
}
