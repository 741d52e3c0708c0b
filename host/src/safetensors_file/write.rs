//! The header of a safetensors file for tensors that did not come from one.

use super::header::METADATA;
use super::{LENGTH_LEN, MAX_HEADER_LEN};
use crate::container::{Manifest, TensorSpec};
use crate::{Error, Result};
use safetensors::tensor::{Metadata, TensorInfo};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::borrow::Cow;

/// The JSON header of a safetensors file with these tensors in this order: the source's own to the byte where
/// the manifest has it, otherwise a new one, padded so that the tensors begin on a multiple of 8 bytes.
///
/// # Errors
/// [`Error::InvalidArgument`] where a tensor is named like the metadata or the sizes overflow,
/// [`Error::LimitExceeded`] where the header would be longer than safetensors allows.
pub fn safetensors_header(manifest: &Manifest) -> Result<Cow<'_, str>> {
    if let Some(text) = &manifest.safetensors_header {
        return Ok(Cow::Borrowed(text));
    }
    let tensors = tensor_infos(&manifest.tensors)?;
    // For its checks: its own serialisation would write the metadata in a random order.
    Metadata::new(None, tensors.clone()).map_err(|error| {
        Error::InvalidArgument(format!("these tensors do not make a safetensors file: {error}"))
    })?;
    let mut text =
        serde_json::to_string(&NewHeader { manifest, tensors: &tensors }).map_err(|error| {
            Error::InvalidArgument(format!("the header cannot be written: {error}"))
        })?;
    let padded = text.len().next_multiple_of(LENGTH_LEN as usize);
    text.extend(std::iter::repeat_n(' ', padded - text.len()));
    check_limit(text.len() as u64)?;
    Ok(Cow::Owned(text))
}

fn tensor_infos(specs: &[TensorSpec]) -> Result<Vec<(String, TensorInfo)>> {
    let mut start = 0;
    let mut infos = Vec::with_capacity(specs.len());
    for spec in specs {
        if spec.name == METADATA {
            let message = format!("a tensor named {METADATA:?} cannot be in a safetensors file");
            return Err(Error::InvalidArgument(message));
        }
        let (info, end) = tensor_info(spec, start)?;
        infos.push((spec.name.clone(), info));
        start = end;
    }
    Ok(infos)
}

fn tensor_info(spec: &TensorSpec, start: usize) -> Result<(TensorInfo, usize)> {
    let overflow = || {
        Error::InvalidArgument(format!("tensor {:?} ends beyond this machine's memory", spec.name))
    };
    let length = usize::try_from(spec.byte_len()?).map_err(|_| overflow())?;
    let end = start.checked_add(length).ok_or_else(overflow)?;
    let shape: std::result::Result<_, _> =
        spec.shape.iter().map(|&extent| usize::try_from(extent)).collect();
    let shape = shape.map_err(|_| overflow())?;
    let dtype = spec.dtype.to_safetensors();
    Ok((TensorInfo { dtype, shape, data_offsets: (start, end) }, end))
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

struct NewHeader<'a> {
    manifest: &'a Manifest,
    tensors: &'a [(String, TensorInfo)],
}

impl Serialize for NewHeader<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(metadata) = &self.manifest.metadata {
            map.serialize_entry(METADATA, metadata)?;
        }
        for (name, info) in self.tensors {
            map.serialize_entry(name, info)?;
        }
        map.end()
    }
}
