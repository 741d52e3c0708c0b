//! What an archive holds, known before the first tensor is encoded.

use super::header::{TensorsOfSource, check_source};
use super::name_index::NameIndex;
use super::{Metadata, Shape, name};
use crate::json::Fault;
use crate::{Dtype, Error, Result};

/// A tensor's name, element type and shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorSpec {
    /// The name, unique in its file: any Unicode but NUL, a `..` that stands alone or between slashes, and
    /// absolute paths.
    pub name: String,
    /// The element type.
    pub dtype: Dtype,
    /// The extents, outermost first; empty for rank 0.
    pub shape: Shape,
}

impl TensorSpec {
    /// Bytes of the decoded tensor.
    ///
    /// # Errors
    /// As [`crate::byte_len`], naming the tensor.
    pub fn byte_len(&self) -> Result<u64> {
        self.shape.byte_len(self.dtype).map_err(|reason| {
            let (name, dtype) = (&self.name, self.dtype);
            Error::InvalidArgument(format!("tensor {name:?}, of dtype {dtype}, {reason}"))
        })
    }
}

/// The tensors of a file in their order, and what else the file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    /// The tensors, in the order of their data.
    pub tensors: Vec<TensorSpec>,
    /// The `__metadata__` of the source; `None` where it had none.
    pub metadata: Option<Metadata>,
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
        for tensor in &self.tensors {
            tensor.byte_len()?;
            name::check(&tensor.name).map_err(|reason| {
                Error::InvalidArgument(format!("tensor {:?}: {reason}", tensor.name))
            })?;
        }
        check_file_name(self.file_name.as_deref())?;
        self.check_names().map_err(|fault| fault.into_error(Error::InvalidArgument))
    }

    /// Checks that names are unique, and that the safetensors header has the same.
    fn check_names(&self) -> std::result::Result<(), Fault> {
        let by_name = NameIndex::new(self.tensors.len(), |index| &self.tensors[index].name)?;
        match &self.safetensors_header {
            Some(header) => check_source(header, &Indexed { manifest: self, by_name }),
            None => Ok(()),
        }
    }
}

/// Says which rule the name of a source's file breaks.
pub(super) fn check_file_name(file_name: Option<&str>) -> Result<()> {
    let Some(file_name) = file_name else { return Ok(()) };
    name::check_file_name(file_name).map_err(|reason| {
        Error::InvalidArgument(format!("the source's file name {file_name:?}: {reason}"))
    })
}

/// A manifest and its tensors by name.
struct Indexed<'a> {
    manifest: &'a Manifest,
    by_name: NameIndex,
}

impl TensorsOfSource for Indexed<'_> {
    fn count(&self) -> usize {
        self.manifest.tensors.len()
    }

    fn spec(&self, index: usize) -> &TensorSpec {
        &self.manifest.tensors[index]
    }

    fn by_name(&self) -> &NameIndex {
        &self.by_name
    }

    fn metadata(&self) -> Option<&Metadata> {
        self.manifest.metadata.as_ref()
    }
}
