//! A packed matrix as a file or a part of one: a header, then the bytes as they lie.
//!
//! | offset | bytes | |
//! |---:|---:|---|
//! | 0 | 8 | `WCPACKED` |
//! | 8 | 4 | version, [`SAVED_VERSION`] |
//! | 12 | 1 | number of the form |
//! | 13 | 1 | dtype of the weights: 0, BF16 |
//! | 14 | 1 | exponent of the scale, 0 where the form has none |
//! | 15 | 1 | 0, or 1 where the bytes have no checksum |
//! | 16 | 8 | rows |
//! | 24 | 8 | columns |
//! | 32 | 4 | exceptions |
//! | 36 | 4 | CRC-32C of the bytes that follow the header, or 0 |
//! | 40 | 4 | 0 |
//! | 44 | 4 | CRC-32C of the header up to here |
//!
//! All numbers are little-endian. How the bytes lie may change with any version, but differs
//! neither between machines nor between GPUs: a version reads its own files anywhere.

use super::description::Description;
use super::matrix::{PackedMatrix, PackedView};
use super::verify::verify;
use crate::{Error, Result};
use std::io::{Read, Write};
use wcodec_codec::packed::{Form, Layout, Scale, Shape};

/// The version of saved matrices that this crate writes, and the only one that it reads.
pub const SAVED_VERSION: u32 = 1;

const MAGIC: [u8; 8] = *b"WCPACKED";
/// Bytes of the header.
pub const HEADER_BYTES: usize = 48;
/// Its name in errors.
const PLACE: &str = "the saved matrix";

impl PackedMatrix {
    /// Writes the matrix: a header with a version and checksums, and its bytes as they lie.
    ///
    /// # Errors
    /// The writer's errors.
    pub fn save(&self, mut writer: impl Write) -> std::io::Result<()> {
        writer.write_all(&self.view().header())?;
        writer.write_all(&self.bytes)
    }

    /// Bytes that [`PackedMatrix::save`] writes.
    pub fn saved_len(&self) -> u64 {
        HEADER_BYTES as u64 + self.byte_len()
    }

    /// Reads a matrix that was saved, and nothing after it. Nothing in it is trusted, and no more
    /// memory is taken than it has bytes.
    ///
    /// # Errors
    /// [`Error::Corrupt`] where it is none, or damaged; [`Error::Truncated`];
    /// [`Error::LimitExceeded`] where it was saved by another version, and its weights have to be
    /// packed again; [`Error::OutOfMemory`].
    pub fn load(mut reader: impl Read) -> Result<Self> {
        let mut header = [0; HEADER_BYTES];
        read_up_to(&mut reader, &mut header)?;
        let parsed = Header::parse(&header)?;
        let bytes = read_bytes(reader, parsed.description.byte_len())?;
        parsed.check(&bytes)?;
        let matrix =
            Self { bytes, layout: parsed.description.layout, scale: parsed.description.scale };
        verify(matrix.view()).map_err(|reason| Error::corrupt(PLACE, reason))?;
        Ok(matrix)
    }
}

impl<'a> PackedView<'a> {
    /// The matrix whose header and bytes these are. Nothing in them is trusted.
    ///
    /// # Errors
    /// As [`PackedMatrix::load`], but that of memory.
    pub fn parse(header: &[u8], bytes: &'a [u8]) -> Result<Self> {
        let header = header
            .try_into()
            .map_err(|_| Error::wrong_length(PLACE, HEADER_BYTES as u64, header.len() as u64))?;
        let parsed = Header::parse(header)?;
        let (expected, found) = (parsed.description.byte_len(), bytes.len() as u64);
        if found != expected {
            let header = HEADER_BYTES as u64;
            return Err(Error::wrong_length(
                PLACE,
                expected.saturating_add(header),
                found + header,
            ));
        }
        parsed.check(bytes)?;
        let matrix = Self::new(bytes, parsed.description)?;
        verify(matrix).map_err(|reason| Error::corrupt(PLACE, reason))?;
        Ok(matrix)
    }

    /// The header that [`PackedMatrix::save`] writes before the bytes.
    pub fn header(&self) -> [u8; HEADER_BYTES] {
        header(self.description(), Some(crc32c::crc32c(self.bytes())))
    }
}

/// The header of a matrix whose bytes have no checksum, as it takes time to copy them from a device
/// for that. All else of such a matrix is checked as it is loaded.
pub fn header_without_checksum(description: Description) -> [u8; HEADER_BYTES] {
    header(description, None)
}

fn header(description: Description, checksum: Option<u32>) -> [u8; HEADER_BYTES] {
    let Description { layout, scale } = description;
    let mut header = [0; HEADER_BYTES];
    header[..8].copy_from_slice(&MAGIC);
    header[8..12].copy_from_slice(&SAVED_VERSION.to_le_bytes());
    header[12] = layout.form as u8;
    header[14] = scale.exponent();
    header[15] = checksum.is_none().into();
    header[16..24].copy_from_slice(&u64::from(layout.shape.rows()).to_le_bytes());
    header[24..32].copy_from_slice(&u64::from(layout.shape.columns()).to_le_bytes());
    header[32..36].copy_from_slice(&layout.exceptions.to_le_bytes());
    header[36..40].copy_from_slice(&checksum.unwrap_or(0).to_le_bytes());
    let sum = crc32c::crc32c(&header[..44]);
    header[44..].copy_from_slice(&sum.to_le_bytes());
    header
}

/// A header that was checked.
struct Header {
    description: Description,
    /// Of the bytes after the header, where they have one.
    checksum: Option<u32>,
}

impl Header {
    fn parse(header: &[u8; HEADER_BYTES]) -> Result<Self> {
        let u32_at = |at: usize| u32::from_le_bytes(std::array::from_fn(|i| header[at + i]));
        let u64_at = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| header[at + i]));
        let corrupt = |reason: &str| Error::corrupt(PLACE, reason);
        if header[..8] != MAGIC {
            return Err(corrupt("it does not begin as a saved matrix does"));
        }
        if u32_at(8) != SAVED_VERSION {
            return Err(Error::LimitExceeded {
                place: format!("{PLACE}, which has to be packed again by this wcodec"),
                what: "its version",
                value: u32_at(8).into(),
                limit: SAVED_VERSION.into(),
            });
        }
        if u32_at(44) != crc32c::crc32c(&header[..44]) {
            return Err(corrupt("the checksum of its header does not match"));
        }
        let form =
            Form::from_u8(header[12]).ok_or_else(|| corrupt("it has no form that exists"))?;
        let scale = Scale::new(header[14]).ok_or_else(|| corrupt("its scale is too large"))?;
        let shape = Shape::new(u64_at(16), u64_at(24)).ok_or_else(|| corrupt("it is too large"))?;
        let layout = Layout { shape, form, exceptions: u32_at(32) };
        let checksum = if header[15] == 0 { Some(u32_at(36)) } else { None };
        let is_known = checksum.is_some() || header[15] == 1 && u32_at(36) == 0;
        if header[13] != 0 || !is_known || u32_at(40) != 0 {
            return Err(corrupt("a reserved field of its header is not 0"));
        }
        if !form.has_exceptions() && (layout.exceptions != 0 || scale != Scale::default()) {
            return Err(corrupt("weights that are held whole have neither scale nor exceptions"));
        }
        if u64::from(layout.exceptions) > shape.weights() {
            return Err(corrupt("it has more exceptions than weights"));
        }
        Ok(Self { description: Description { layout, scale }, checksum })
    }

    /// Compares the checksum of the bytes after the header.
    fn check(&self, bytes: &[u8]) -> Result<()> {
        match self.checksum {
            Some(checksum) if checksum != crc32c::crc32c(bytes) => {
                Err(Error::corrupt(PLACE, "its checksum does not match"))
            }
            _ => Ok(()),
        }
    }
}

/// Reads all of a header.
fn read_up_to(reader: &mut impl Read, header: &mut [u8; HEADER_BYTES]) -> Result<()> {
    let mut read = Vec::new();
    let count = reader.take(HEADER_BYTES as u64).read_to_end(&mut read);
    count.map_err(Error::io("read", PLACE))?;
    if read.len() < HEADER_BYTES {
        return Err(Error::wrong_length(PLACE, HEADER_BYTES as u64, read.len() as u64));
    }
    header.copy_from_slice(&read);
    Ok(())
}

/// Bytes that memory is taken for at a time, as they come.
const PIECE: u64 = 64 << 20;

/// Reads `len` bytes, taking no more memory than came.
fn read_bytes(mut reader: impl Read, len: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while (bytes.len() as u64) < len {
        let before = bytes.len();
        let piece = PIECE.min(len - before as u64);
        let room = bytes.try_reserve(piece as usize);
        room.map_err(|_| Error::OutOfMemory { what: "a packed matrix", bytes: len })?;
        let read = reader.by_ref().take(piece).read_to_end(&mut bytes);
        read.map_err(Error::io("read", PLACE))?;
        if bytes.len() as u64 != before as u64 + piece {
            let header = HEADER_BYTES as u64;
            return Err(Error::wrong_length(
                PLACE,
                header.saturating_add(len),
                header + bytes.len() as u64,
            ));
        }
    }
    Ok(bytes)
}
