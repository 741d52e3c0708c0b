//! The checks of a manifest that an archive is to hold.

use super::name_index::NameIndex;
use super::{Manifest, name};
use crate::json::{Fault, Sound};
use crate::safetensors_file::{Listed, read_in_order, tensor_count};
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
        name::check_source_file(self.file_name.as_deref())?;
        if self.as_is && self.safetensors_header.is_some() {
            let reason = "a file that is carried as it is has no safetensors header of its own";
            return Err(Error::InvalidArgument(reason.to_owned()));
        }
        let checked = match &self.safetensors_header {
            Some(header) => self.check_source(header),
            None => NameIndex::new(self.tensors.len(), |index| &self.tensors[index].name).map(drop),
        };
        checked.map_err(|fault| fault.into_error(Error::InvalidArgument))
    }

    /// Checks that a safetensors header lists the same tensors in the order of their data.
    fn check_source(&self, header: &str) -> std::result::Result<(), Fault> {
        let within = |fault: Fault| fault.within(|| "the safetensors header".to_owned());
        let header = Sound::check(header.as_bytes()).map_err(within)?;
        let count = tensor_count(header)?;
        if count != self.tensors.len() as u64 {
            return Err("the safetensors header has another number of tensors".into());
        }
        let mut tensors = self.tensors.iter();
        let mut metadata_is_same = self.metadata.is_none();
        let tensor = |listed: Listed<'_>| {
            let same = tensors.next().is_some_and(|spec| {
                let name = listed.name == *spec.name;
                name && listed.dtype == spec.dtype && listed.shape == spec.shape
            });
            let contradicts = || format!("it contradicts tensor {}", listed.name.shown());
            if same { Ok(()) } else { Err(contradicts().into()) }
        };
        read_in_order(header, count, tensor, |parser| {
            metadata_is_same = match &self.metadata {
                Some(metadata) => metadata.is_next(parser)?,
                None => false,
            };
            Ok(())
        })
        .map_err(within)?;
        match metadata_is_same {
            true => Ok(()),
            false => Err("the safetensors header has another __metadata__".into()),
        }
    }
}
