//! FORMAT.md section 1.3, fields 1 and 128: the file that the tensors came from.

use super::archive::ReferenceArchive;

/// "The original file is: the byte length of the text as 8 bytes, the text, then the decoded tensors
/// in order", of an archive whose source was a safetensors file; of a file as it is, "the decoded
/// tensors in order alone".
pub fn original_file(archive: &ReferenceArchive) -> Option<Vec<u8>> {
    let mut file = Vec::new();
    if !archive.as_is {
        let header = archive.safetensors_header.as_ref()?;
        file.extend_from_slice(&(header.len() as u64).to_le_bytes());
        file.extend_from_slice(header.as_bytes());
    }
    for tensor in &archive.tensors {
        file.extend_from_slice(&tensor.data);
    }
    Some(file)
}
