//! FORMAT.md section 1.1: the preamble.

use super::bytes::{integer, require, slice, zeros};
use super::crc32c::crc32c;
use super::inflate::inflate;
use super::short::text_of;

pub const PREAMBLE_BYTES: u64 = 64;

/// Field "header length": "at most 100,000,000".
const MOST_HEADER_BYTES: u64 = 100_000_000;

/// The parts of a file that are not blobs.
pub struct Front<'a> {
    /// The expanded header's text.
    pub text: Vec<u8>,
    /// What follows the text.
    pub fields: Vec<u8>,
    pub sums: &'a [u8],
    /// Where the last blob ends.
    pub blobs_end: u64,
}

/// Checks the preamble and expands the header that it announces.
pub fn read_front(file: &[u8]) -> Result<Front<'_>, String> {
    require(slice(file, 0, 4, "magic")? == b"WCDC", || "the magic is not WCDC".into())?;
    let preamble = slice(file, 0, PREAMBLE_BYTES, "preamble")?;
    let crc = integer(preamble, 60, 4, "CRC-32C of the preamble")?;
    let computed = u64::from(crc32c(&preamble[..60]));
    require(crc == computed, || {
        format!("the preamble's CRC-32C is {computed:#010x}, not {crc:#010x}")
    })?;
    // "a reader refuses 0, 1 and every newer version"; any minor one is read.
    let major = integer(preamble, 4, 2, "major version")?;
    require(major <= 2, || format!("major version {major} is newer than this reader's, 2"))?;
    require(major != 1, || "version 1 was never released".into())?;
    require(major == 2, || "there is no major version 0".into())?;
    zeros(preamble, 44, 16, "reserved bytes 44 to 59")?;
    let length = integer(preamble, 24, 8, "file length")?;
    require(length == file.len() as u64, || {
        format!("the file length is given as {length}, it is {}", file.len())
    })?;
    front(file, preamble)
}

fn front<'a>(file: &'a [u8], preamble: &[u8]) -> Result<Front<'a>, String> {
    let packed_length = integer(preamble, 8, 4, "packed length")?;
    let length = integer(preamble, 12, 4, "header length")?;
    let text_length = integer(preamble, 16, 4, "text length")?;
    let blobs_end = integer(preamble, 32, 8, "end of the blobs")?;
    require(length <= MOST_HEADER_BYTES, || format!("a header of {length} bytes is too long"))?;
    require(text_length <= length, || format!("a text of {text_length} bytes in {length}"))?;
    let short_length = integer(preamble, 40, 4, "short length")?;
    require(short_length <= text_length, || {
        format!("a short text of {short_length} bytes of {text_length}")
    })?;
    let inflated = length - text_length + short_length;
    require(packed_length <= inflated, || {
        format!("{packed_length} bytes do not expand to {inflated}")
    })?;
    require(blobs_end >= PREAMBLE_BYTES, || format!("blobs that end at {blobs_end}"))?;
    let tail_length = (file.len() as u64).checked_sub(blobs_end).ok_or("no room for a header")?;
    require(length <= 64 * tail_length, || {
        format!("{tail_length} bytes after the blobs do not expand to {length}")
    })?;
    let tail = slice(file, blobs_end, tail_length, "header and sums")?;
    let packed = slice(tail, 0, packed_length, "header")?;
    let crc = integer(preamble, 20, 4, "CRC-32C of the header")?;
    let computed = u64::from(crc32c(tail));
    require(crc == computed, || {
        format!("the header's CRC-32C is {computed:#010x}, not {crc:#010x}")
    })?;
    let mut short = match packed_length == inflated {
        true => packed.to_vec(),
        false => inflate(packed, inflated as usize).map_err(|why| format!("deflate: {why}"))?,
    };
    let fields = short.split_off(short_length as usize);
    let text = text_of(&short, text_length)?;
    let is = text.len() as u64;
    require(is == text_length, || format!("a text of {is} bytes, not {text_length}"))?;
    Ok(Front { text, fields, sums: &tail[packed.len()..], blobs_end })
}
