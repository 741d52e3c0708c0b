//! FORMAT.md section 1.3, field 1: the safetensors file that the tensors came from.

use super::archive::ReferenceArchive;

/// "The original file is: the byte length of the text as 8 bytes, the text, then the decoded tensors
/// in order", of an archive whose source was a safetensors file.
pub fn original_file(archive: &ReferenceArchive) -> Option<Vec<u8>> {
    let header = archive.safetensors_header.as_ref()?;
    let mut file = Vec::from((header.len() as u64).to_le_bytes());
    file.extend_from_slice(header.as_bytes());
    for tensor in &archive.tensors {
        file.extend_from_slice(&tensor.data);
    }
    Some(file)
}
