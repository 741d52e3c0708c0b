//! Files with a header of one's own whose checksums are right, so that what lies after them is
//! reached.

use std::ops::Range;

/// Bytes of the preamble.
pub const PREAMBLE: usize = 64;
/// The tag of the field that marks a source's own text.
pub const SOURCE: u8 = 1;
/// The tag of the field with the name of the source's file.
pub const FILE_NAME: u8 = 2;
/// The tag of the field with the lengths of the blobs.
pub const LENGTHS: u8 = 3;
/// The tag of the field that says how each tensor is stored.
pub const KINDS: u8 = 4;
/// The tag of the field with the tensors whose bytes others have.
pub const REFERENCES: u8 = 5;
/// The tag of the field with the names of other files.
pub const OTHER_FILES: u8 = 6;
/// The tag of the field with the tensors that lie there.
pub const ELSEWHERE: u8 = 7;
/// The tag of the field with the tensors of bases that others are coded against.
pub const BASES: u8 = 8;
/// The tag of the field that marks a file as it is.
pub const AS_IS: u8 = 128;

/// A file in parts.
#[derive(Clone)]
pub struct Forged {
    pub version: (u16, u16),
    /// All blobs, one after another.
    pub blobs: Vec<u8>,
    pub text: Vec<u8>,
    /// Bytes of the text once it is expanded, where `text` is a short text.
    pub text_len: Option<usize>,
    /// Tags and contents.
    pub fields: Vec<(u8, Vec<u8>)>,
    pub sums: Vec<u8>,
}

impl Forged {
    /// A file without blobs whose header has this text.
    pub fn of_text(text: impl Into<Vec<u8>>) -> Self {
        let text = text.into();
        let [blobs, sums] = [(); 2].map(|()| Vec::new());
        Self { version: (2, 0), blobs, text, text_len: None, fields: Vec::new(), sums }
    }

    /// Text and fields.
    pub fn header(&self) -> Vec<u8> {
        let mut header = self.text.clone();
        for (tag, content) in &self.fields {
            header.push(*tag);
            header.extend_from_slice(&(content.len() as u32).to_le_bytes());
            header.extend_from_slice(content);
        }
        header
    }

    /// The file, with its header stored as it is.
    pub fn file(&self) -> Vec<u8> {
        let header = self.header();
        self.file_of(&header, header.len())
    }

    /// The file with this for its stored header, which is said to inflate to so many bytes.
    pub fn file_of(&self, stored: &[u8], header_len: usize) -> Vec<u8> {
        let mut file = vec![0; PREAMBLE];
        file[..4].copy_from_slice(b"WCDC");
        file[4..6].copy_from_slice(&self.version.0.to_le_bytes());
        file[6..8].copy_from_slice(&self.version.1.to_le_bytes());
        let (short_len, text_len) = (self.text.len(), self.text_len.unwrap_or(self.text.len()));
        let header_len = header_len + text_len - short_len;
        let lengths = [(8, stored.len()), (12, header_len), (16, text_len), (40, short_len)];
        for (at, len) in lengths {
            file[at..at + 4].copy_from_slice(&(len as u32).to_le_bytes());
        }
        file.extend_from_slice(&self.blobs);
        let blobs_end = (file.len() as u64).to_le_bytes();
        file[32..40].copy_from_slice(&blobs_end);
        file.extend_from_slice(stored);
        file.extend_from_slice(&self.sums);
        let len = (file.len() as u64).to_le_bytes();
        file[24..32].copy_from_slice(&len);
        resign(&mut file);
        file
    }
}

/// The content of the field of these lengths.
pub fn planes(lengths: &[u64]) -> Vec<u8> {
    let width = lengths.iter().map(|length| length.max(&1).ilog2() / 8 + 1).max().unwrap_or(0);
    (0..width).flat_map(|place| lengths.iter().map(move |l| (l >> (8 * place)) as u8)).collect()
}

/// The bytes of a sound file that its stored header takes.
pub fn stored_header(file: &[u8]) -> Range<usize> {
    let start = u64::from_le_bytes(file[32..40].try_into().expect("eight bytes")) as usize;
    start..start + u32::from_le_bytes(file[8..12].try_into().expect("four bytes")) as usize
}

/// The length of a header once it is inflated, and its text short still.
pub fn inflated_len(file: &[u8]) -> usize {
    let [text, short] = [16, 40]
        .map(|at| u32::from_le_bytes(file[at..at + 4].try_into().expect("four bytes")) as usize);
    header_len(file) - text + short
}

/// The length of a header once it is expanded.
pub fn header_len(file: &[u8]) -> usize {
    u32::from_le_bytes(file[12..16].try_into().expect("four bytes")) as usize
}

/// Makes the preamble's own checksum right.
pub fn sign(file: &mut [u8]) {
    let crc = crc32c::crc32c(&file[..60]).to_le_bytes();
    file[60..64].copy_from_slice(&crc);
}

/// Makes the checksums of header and preamble right.
pub fn resign(file: &mut [u8]) {
    let start = u64::from_le_bytes(file[32..40].try_into().expect("eight bytes"));
    if let Some(tail) = usize::try_from(start).ok().and_then(|start| file.get(start..)) {
        let crc = crc32c::crc32c(tail).to_le_bytes();
        file[20..24].copy_from_slice(&crc);
    }
    sign(file);
}
