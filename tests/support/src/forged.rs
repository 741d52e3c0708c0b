//! Files with a header of one's own whose checksums are right, so that what lies after them is
//! reached.

/// Bytes of the preamble.
pub const PREAMBLE: usize = 64;

/// A file of this version with this header, and after it, aligned, these bytes.
pub fn forge(version: (u16, u16), header: &[u8], body: &[u8]) -> Vec<u8> {
    let mut file = vec![0; PREAMBLE];
    file[..4].copy_from_slice(b"WCDC");
    file[4..6].copy_from_slice(&version.0.to_le_bytes());
    file[6..8].copy_from_slice(&version.1.to_le_bytes());
    file[8..16].copy_from_slice(&(header.len() as u64).to_le_bytes());
    file[16..20].copy_from_slice(&crc32c::crc32c(header).to_le_bytes());
    file.extend_from_slice(header);
    if !body.is_empty() {
        file.resize(file.len().next_multiple_of(256), 0);
        file.extend_from_slice(body);
    }
    let len = (file.len() as u64).to_le_bytes();
    file[24..32].copy_from_slice(&len);
    sign(&mut file);
    file
}

/// Makes the preamble's own checksum right.
pub fn sign(file: &mut [u8]) {
    let crc = crc32c::crc32c(&file[..60]).to_le_bytes();
    file[60..64].copy_from_slice(&crc);
}
