//! The first 64 bytes of a file (FORMAT.md section 1.1).

use super::{Limits, MAX_HEADER_LEN, limits};
use crate::format::{MAJOR_VERSION, MINOR_VERSION};
use crate::other_format::looks_like;
use crate::{Error, Result};
use std::path::Path;

/// A checked preamble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Preamble {
    pub major: u16,
    pub minor: u16,
    pub header_len: u64,
    pub header_crc: u32,
    pub file_len: u64,
}

impl Preamble {
    /// Bytes of a preamble.
    pub const LEN: u64 = 64;
    /// The first four bytes of a file.
    pub const MAGIC: [u8; 4] = *b"WCDC";

    /// The preamble of a file in the version that this crate writes.
    pub fn new(header_len: u64, header_crc: u32, file_len: u64) -> Self {
        let (major, minor) = (MAJOR_VERSION, MINOR_VERSION);
        Self { major, minor, header_len, header_crc, file_len }
    }

    /// The bytes as they lie in the file.
    pub fn to_bytes(self) -> [u8; Self::LEN as usize] {
        let mut bytes = [0; Self::LEN as usize];
        bytes[0..4].copy_from_slice(&Self::MAGIC);
        bytes[4..6].copy_from_slice(&self.major.to_le_bytes());
        bytes[6..8].copy_from_slice(&self.minor.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.header_len.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.header_crc.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.file_len.to_le_bytes());
        let crc = crc32c::crc32c(&bytes[..60]);
        bytes[60..64].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Checks the bytes; `path` is for the messages.
    pub fn parse(bytes: &[u8; Self::LEN as usize], path: &Path, limits: &Limits) -> Result<Self> {
        check_magic(bytes, path)?;
        let preamble = Self {
            major: u16::from_le_bytes(field(bytes, 4)),
            minor: u16::from_le_bytes(field(bytes, 6)),
            header_len: u64::from_le_bytes(field(bytes, 8)),
            header_crc: u32::from_le_bytes(field(bytes, 16)),
            file_len: u64::from_le_bytes(field(bytes, 24)),
        };
        let (major, minor) = (preamble.major, preamble.minor);
        // Before the checksum: a newer major version may keep it elsewhere.
        if major > MAJOR_VERSION {
            return Err(Error::UnsupportedVersion { path: path.to_path_buf(), major, minor });
        }
        preamble.check(bytes).map_err(|reason| Error::corrupt(place(path), reason))?;
        let longest = MAX_HEADER_LEN.min(limits.header_bytes);
        limits::check(&place(path), "the header length in bytes", preamble.header_len, longest)?;
        Ok(preamble)
    }

    fn check(&self, bytes: &[u8; Self::LEN as usize]) -> std::result::Result<(), &'static str> {
        if crc32c::crc32c(&bytes[..60]) != u32::from_le_bytes(field(bytes, 60)) {
            return Err("its checksum does not match: download or copy the file again");
        }
        if self.major == 0 {
            return Err("there is no format version 0");
        }
        // In newer minor versions as well: what those add stands in the JSON header.
        let mut reserved = bytes[20..24].iter().chain(&bytes[32..60]);
        if reserved.any(|&byte| byte != 0) {
            return Err("reserved bytes are not zero");
        }
        Ok(())
    }
}

/// Refuses a file that does not begin, as far as it goes, with the magic bytes.
pub(super) fn check_magic(start: &[u8], path: &Path) -> Result<()> {
    let known = start.len().min(Preamble::MAGIC.len());
    if start[..known] == Preamble::MAGIC[..known] {
        return Ok(());
    }
    let reason = match looks_like(start) {
        _ if start.get(8) == Some(&b'{') => {
            "it looks like a safetensors file: compress it first".to_owned()
        }
        Some(what) => format!("it does not begin with WCDC but is {what}"),
        None => "it does not begin with WCDC".to_owned(),
    };
    Err(Error::WrongFormat { path: path.to_path_buf(), expected: ".wcodec file", reason })
}

fn place(path: &Path) -> String {
    format!("the preamble of {}", path.display())
}

fn field<const N: usize>(bytes: &[u8; Preamble::LEN as usize], at: usize) -> [u8; N] {
    std::array::from_fn(|index| bytes[at + index])
}
