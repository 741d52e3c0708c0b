//! The checks of a manifest that an archive is to hold.

use super::header::{TensorsOfSource, check_source};
use super::name_index::NameIndex;
use super::{Manifest, Metadata, TensorSpec, name};
use crate::json::Fault;
use crate::{Error, Result};

impl Manifest {
    /// Checks that names are sound and unique, sizes fit, and the safetensors header says the same
    /// as the rest.
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
