//! What an archive holds, known before the first tensor is encoded.

use super::name;
use crate::safetensors_file::SafetensorsHeader;
use crate::{Dtype, Error, Result};
use std::collections::{BTreeMap, HashSet};

/// A tensor's name, element type and shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorSpec {
    /// The name, unique in its file: any Unicode but NUL, a `..` that stands alone or between slashes, and
    /// absolute paths.
    pub name: String,
    /// The element type.
    pub dtype: Dtype,
    /// The extents, outermost first; empty for rank 0.
    pub shape: Vec<u64>,
}

impl TensorSpec {
    /// Bytes of the decoded tensor.
    ///
    /// # Errors
    /// As [`crate::byte_len`].
    pub fn byte_len(&self) -> Result<u64> {
        crate::byte_len(self.dtype, &self.shape)
    }
}

/// The tensors of a file in their order, and what else the file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    /// The tensors, in the order of their data.
    pub tensors: Vec<TensorSpec>,
    /// The `__metadata__` of the source; `None` where it had none.
    pub metadata: Option<BTreeMap<String, String>>,
    /// The JSON header of the safetensors source to the byte; `None` where the source was something else.
    pub safetensors_header: Option<String>,
    /// The name that the source file had, without its folder, where the archive's own does not
    /// tell it: `ae.sft`, but not `model.safetensors`. One part of a path, never more.
    pub file_name: Option<String>,
}

impl Manifest {
    /// Checks that names are sound and unique, sizes fit, and the safetensors header says the same as the rest.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] naming the tensor.
    pub fn check(&self) -> Result<()> {
        let mut names = HashSet::with_capacity(self.tensors.len());
        for tensor in &self.tensors {
            tensor.byte_len()?;
            name::check(&tensor.name).map_err(|reason| {
                Error::InvalidArgument(format!("tensor {:?}: {reason}", tensor.name))
            })?;
            if !names.insert(tensor.name.as_str()) {
                return Err(Error::InvalidArgument(format!(
                    "two tensors are named {:?}: names are unique in an archive",
                    tensor.name
                )));
            }
        }
        self.check_file_name().map_err(Error::InvalidArgument)?;
        self.check_safetensors_header().map_err(Error::InvalidArgument)
    }

    /// Says which rule the source's file name breaks.
    pub(super) fn check_file_name(&self) -> std::result::Result<(), String> {
        let Some(file_name) = &self.file_name else { return Ok(()) };
        name::check_file_name(file_name)
            .map_err(|reason| format!("the source's file name {file_name:?}: {reason}"))
    }

    /// Says where the safetensors header contradicts the rest.
    pub(crate) fn check_safetensors_header(&self) -> std::result::Result<(), String> {
        let Some(text) = &self.safetensors_header else { return Ok(()) };
        let header = SafetensorsHeader::parse(text)
            .map_err(|reason| format!("the safetensors header is not sound: {reason}"))?;
        if header.metadata != self.metadata {
            return Err("the safetensors header has another __metadata__".to_owned());
        }
        if let Some((ours, _)) = self.tensors.iter().zip(&header.tensors).find(|(a, b)| a != b) {
            return Err(format!("the safetensors header contradicts tensor {:?}", ours.name));
        }
        if header.tensors.len() != self.tensors.len() {
            return Err("the safetensors header has another number of tensors".to_owned());
        }
        Ok(())
    }
}
