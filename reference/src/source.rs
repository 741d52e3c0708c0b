//! FORMAT.md section 1.2, last paragraph: the safetensors file that the tensors came from.

use super::archive::{ReferenceArchive, ReferenceTensor};
use super::bytes::require;
use super::json::{Object, Value, parse_json};
use super::manifest::{integers, member, string_map};

/// The member of a safetensors header that is no tensor.
const METADATA: &str = "__metadata__";

/// "The original file is: its byte length as 8 bytes, its bytes, then the decoded tensors in
/// order", of an archive whose source was a safetensors file.
pub fn original_file(archive: &ReferenceArchive) -> Option<Vec<u8>> {
    let header = archive.safetensors_header.as_ref()?;
    let mut file = Vec::from((header.len() as u64).to_le_bytes());
    file.extend_from_slice(header.as_bytes());
    for tensor in &archive.tensors {
        file.extend_from_slice(&tensor.data);
    }
    Some(file)
}

/// "`safetensors_header`, where present, lists the same tensors and no others, with the same dtypes
/// and shapes, and its `__metadata__` equals `metadata`."
pub fn check_source(archive: &ReferenceArchive) -> Result<(), String> {
    let Some(text) = &archive.safetensors_header else {
        return Ok(());
    };
    let header = parse_json(text.as_bytes())
        .map_err(|why| format!("the safetensors header is not sound JSON: {why}"))?;
    let header = header.as_object().ok_or("the safetensors header is not one JSON object")?;
    check_tensors(header, &archive.tensors).map_err(|why| format!("safetensors header: {why}"))?;
    let metadata = header.get(METADATA).filter(|value| !value.is_null());
    let metadata = metadata.map(string_map).transpose()?;
    require(metadata == archive.metadata, || {
        "`metadata` is not the `__metadata__` of the safetensors header".into()
    })
}

/// "In the order of `tensors` their `data_offsets` begin at 0 and each where the one before ended,
/// with the decoded length between them."
fn check_tensors(header: &Object, tensors: &[ReferenceTensor]) -> Result<(), String> {
    let listed = header.keys().filter(|name| *name != METADATA).count();
    require(listed == tensors.len(), || {
        format!("it lists {listed} tensors, the file has {}", tensors.len())
    })?;
    let mut begin = 0;
    for tensor in tensors {
        let end = begin + tensor.data.len() as u64;
        let same = check_tensor(header, tensor, &[begin, end]);
        same.map_err(|why| format!("tensor {:?}: {why}", tensor.name))?;
        begin = end;
    }
    Ok(())
}

fn check_tensor(
    header: &Object,
    tensor: &ReferenceTensor,
    data_offsets: &[u64],
) -> Result<(), String> {
    let listed = member(header, &tensor.name, Value::as_object)?;
    let dtype = member(listed, "dtype", Value::as_str)?;
    require(dtype == tensor.dtype, || format!("dtype {dtype}, here {}", tensor.dtype))?;
    let shape = member(listed, "shape", integers)?;
    require(shape == tensor.shape, || format!("shape {shape:?}, here {:?}", tensor.shape))?;
    let offsets = member(listed, "data_offsets", integers)?;
    require(offsets == data_offsets, || format!("data_offsets {offsets:?}, here {data_offsets:?}"))
}
