//! The first 64 bytes of a file (FORMAT.md section 1.1).

use super::{Limits, MAX_HEADER_LEN, limits};
use crate::format::MAJOR_VERSION;
use crate::other_format::looks_like;
use crate::{Error, Result};
use std::path::Path;

/// A checked preamble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Preamble {
    pub major: u16,
    pub minor: u16,
    /// Bytes of the header as it is stored.
    pub packed_len: u32,
    /// Bytes of the header.
    pub header_len: u32,
    /// Bytes of the text that the header begins with.
    pub text_len: u32,
    /// The CRC-32C of the stored header and the sums.
    pub crc32c: u32,
    pub file_len: u64,
    /// Byte offset of the stored header, which is the end of the blobs.
    pub blobs_end: u64,
    /// Bytes of the text as the stored header has it, without numbers that follow from others.
    pub short_len: u32,
}

impl Preamble {
    /// Bytes of a preamble.
    pub const LEN: u64 = 64;
    /// The first four bytes of a file.
    pub const MAGIC: [u8; 4] = *b"WCDC";
    /// The most that a header may be longer than all bytes after the blobs: what opening a file takes
    /// is bounded by its length.
    pub const MOST_EXPANSION: u64 = 64;

    /// The bytes as they lie in the file.
    pub fn to_bytes(self) -> [u8; Self::LEN as usize] {
        let mut bytes = [0; Self::LEN as usize];
        bytes[0..4].copy_from_slice(&Self::MAGIC);
        bytes[4..6].copy_from_slice(&self.major.to_le_bytes());
        bytes[6..8].copy_from_slice(&self.minor.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.packed_len.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.header_len.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.text_len.to_le_bytes());
        bytes[20..24].copy_from_slice(&self.crc32c.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.file_len.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.blobs_end.to_le_bytes());
        bytes[40..44].copy_from_slice(&self.short_len.to_le_bytes());
        let crc = crc32c::crc32c(&bytes[..60]);
        bytes[60..64].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Bytes of the stored header once it is inflated, where the text is short still.
    pub fn inflated_len(&self) -> u32 {
        self.header_len - self.text_len + self.short_len
    }

    /// Checks the bytes; `path` is for the messages.
    pub fn parse(bytes: &[u8; Self::LEN as usize], path: &Path, limits: &Limits) -> Result<Self> {
        check_magic(bytes, path)?;
        // In every version, so that damage is not taken for another version.
        if crc32c::crc32c(&bytes[..60]) != u32::from_le_bytes(field(bytes, 60)) {
            let reason = "its checksum does not match: download or copy the file again";
            return Err(Error::corrupt(place(path), reason));
        }
        let (major, minor) =
            (u16::from_le_bytes(field(bytes, 4)), u16::from_le_bytes(field(bytes, 6)));
        check_version(path, major, minor)?;
        let [packed_len, header_len, text_len, crc32c, short_len] =
            [8, 12, 16, 20, 40].map(|at| u32::from_le_bytes(field(bytes, at)));
        let [file_len, blobs_end] = [24, 32].map(|at| u64::from_le_bytes(field(bytes, at)));
        if bytes[44..60].iter().any(|&byte| byte != 0) {
            return Err(Error::corrupt(place(path), "reserved bytes are not zero"));
        }
        let preamble = Self {
            major,
            minor,
            packed_len,
            header_len,
            text_len,
            crc32c,
            file_len,
            blobs_end,
            short_len,
        };
        preamble.check(path, limits)?;
        Ok(preamble)
    }

    /// Checks that a file of the length given has room for the header, and for its expansion.
    pub fn check_room(&self, path: &Path) -> Result<()> {
        let room = self.file_len.checked_sub(self.blobs_end);
        let fault = match room.filter(|&room| room >= self.packed_len.into()) {
            None => "the header would end beyond the file",
            Some(room)
                if u64::from(self.header_len) > room.saturating_mul(Self::MOST_EXPANSION) =>
            {
                "the header is said to be more than 64 times as long as the bytes after the blobs"
            }
            Some(_) => return Ok(()),
        };
        Err(Error::corrupt(place(path), fault))
    }

    /// Checks the lengths against each other.
    fn check(&self, path: &Path, limits: &Limits) -> Result<()> {
        let longest = MAX_HEADER_LEN.min(limits.header_bytes);
        let header_len = u64::from(self.header_len);
        limits::check(&place(path), "the header length in bytes", header_len, longest)?;
        let fault = match () {
            () if self.text_len > self.header_len => "the header's text is longer than the header",
            () if self.short_len > self.text_len => {
                "the header's short text is longer than the text"
            }
            () if self.packed_len > self.inflated_len() => {
                "the header is longer as stored than it is"
            }
            () if self.blobs_end < Self::LEN => "the blobs would end in the preamble",
            () => return Ok(()),
        };
        Err(Error::corrupt(place(path), fault))
    }
}

/// Tells a version that is newer, and the one that was never released, from the one that is read.
fn check_version(path: &Path, major: u16, minor: u16) -> Result<()> {
    let path = path.to_path_buf();
    match major {
        0 => Err(Error::corrupt(place(&path), "there is no format version 0")),
        MAJOR_VERSION => Ok(()),
        1..MAJOR_VERSION => Err(Error::UnreleasedVersion { path, major, minor }),
        _ => Err(Error::UnsupportedVersion { path, major, minor }),
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
