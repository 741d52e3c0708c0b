//! The preamble's version and the JSON header, of a file that is otherwise sound.

use super::archive::agree;

/// The first byte is the minor version, all others are the header.
pub fn run(data: &[u8]) {
    let Some((&minor, header)) = data.split_first() else { return };
    let mut file = vec![0; 64];
    file[..8].copy_from_slice(&[b'W', b'C', b'D', b'C', 1, 0, minor, 0]);
    file[8..16].copy_from_slice(&(header.len() as u64).to_le_bytes());
    file[16..20].copy_from_slice(&crc32c::crc32c(header).to_le_bytes());
    file.extend_from_slice(header);
    if let Some(length) = claimed_length(header) {
        file.resize(file.len().max(length), 0);
    }
    let length = (file.len() as u64).to_le_bytes();
    file[24..32].copy_from_slice(&length);
    let crc = crc32c::crc32c(&file[..60]).to_le_bytes();
    file[60..64].copy_from_slice(&crc);
    agree(&file);
}

/// The end of the last blob by the header, up to a bearable length.
fn claimed_length(header: &[u8]) -> Option<usize> {
    let header: serde_json::Value = serde_json::from_slice(header).ok()?;
    let last = header["tensors"].as_array()?.last()?;
    let end = last["offset"].as_u64()?.checked_add(last["length"].as_u64()?)?;
    (end <= 1 << 16).then_some(end as usize)
}
