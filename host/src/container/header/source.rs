//! The agreement of the safetensors source's header with the rest of the header.

use crate::container::name_index::NameIndex;
use crate::container::{Metadata, TensorSpec};
use crate::json::{Fault, Sound};
use crate::memory::reserve;
use crate::safetensors_file::{Listed, read_listed};

/// Tensors and metadata that a safetensors header may be that of.
pub(in crate::container) trait TensorsOfSource {
    fn count(&self) -> usize;
    fn spec(&self, index: usize) -> &TensorSpec;
    fn by_name(&self) -> &NameIndex;
    fn metadata(&self) -> Option<&Metadata>;
}

/// Says where `header` contradicts the rest: it has to list the same tensors, each where the one
/// before it ends.
pub(in crate::container) fn check_source(
    header: &str,
    tensors: &impl TensorsOfSource,
) -> Result<(), Fault> {
    let starts = starts(tensors)?;
    let (mut listed, mut metadata_is_same) = (0, tensors.metadata().is_none());
    let within = |fault: Fault| fault.within(|| "the safetensors header".to_owned());
    let tensor = |tensor: Listed<'_>| {
        listed += 1;
        let found = tensors.by_name().find(|index| tensor.name.compare(&tensors.spec(index).name));
        let same = found.is_some_and(|index| is_same(&tensor, tensors.spec(index), starts[index]));
        let contradicts = || format!("it contradicts tensor {}", tensor.name.shown());
        if same { Ok(()) } else { Err(contradicts().into()) }
    };
    let header = Sound::check(header.as_bytes()).map_err(within)?;
    read_listed(header, tensor, |parser| {
        metadata_is_same = match tensors.metadata() {
            Some(metadata) => metadata.is_next(parser)?,
            None => Metadata::parse(parser).map(|_| false)?,
        };
        Ok(())
    })
    .map_err(within)?;
    if !metadata_is_same {
        return Err("the safetensors header has another __metadata__".into());
    }
    // Names are unique here and there, so that as many are the same.
    if listed != tensors.count() {
        return Err("the safetensors header has another number of tensors".into());
    }
    Ok(())
}

/// The offset of each tensor in the data of the source.
fn starts(tensors: &impl TensorsOfSource) -> Result<Vec<u64>, Fault> {
    let mut starts = reserve(tensors.count() as u64, "the places of tensors")?;
    let mut end = 0u64;
    for index in 0..tensors.count() {
        starts.push(end);
        let byte_len = tensors.spec(index).byte_len().map_err(|error| error.to_string())?;
        end = end.checked_add(byte_len).ok_or("the sizes of the tensors overflow 64 bits")?;
    }
    Ok(starts)
}

fn is_same(listed: &Listed<'_>, spec: &TensorSpec, start: u64) -> bool {
    // The listed range has been checked to have the length of dtype and shape.
    listed.dtype == spec.dtype && listed.shape == spec.shape && listed.data.start == start
}
