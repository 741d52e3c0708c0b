//! FORMAT.md section 1.1: the preamble.

use super::bytes::{integer, require, slice, zeros};
use super::crc32c::crc32c;

pub const PREAMBLE_BYTES: u64 = 64;

/// Field "header length": "at most 100,000,000".
const MOST_HEADER_BYTES: u64 = 100_000_000;

/// Checks the preamble and returns the header that it announces.
pub fn checked_header(file: &[u8]) -> Result<&[u8], String> {
    require(slice(file, 0, 4, "magic")? == b"WCDC", || "the magic is not WCDC".into())?;
    let preamble = slice(file, 0, PREAMBLE_BYTES, "preamble")?;
    let crc = integer(preamble, 60, 4, "CRC-32C of the preamble")?;
    let computed = u64::from(crc32c(&preamble[..60]));
    require(crc == computed, || {
        format!("the preamble's CRC-32C is {computed:#010x}, not {crc:#010x}")
    })?;
    // "A reader refuses a newer major version with an error that says so"; any minor one is read.
    let major = integer(preamble, 4, 2, "major version")?;
    require(major <= 1, || format!("major version {major} is newer than this reader's, 1"))?;
    require(major == 1, || "there is no major version 0".into())?;
    zeros(preamble, 20, 4, "reserved bytes 20 to 23")?;
    zeros(preamble, 32, 28, "reserved bytes 32 to 59")?;
    let length = integer(preamble, 24, 8, "file length")?;
    require(length == file.len() as u64, || {
        format!("the file length is given as {length}, it is {}", file.len())
    })?;
    header(file, preamble)
}

fn header<'a>(file: &'a [u8], preamble: &[u8]) -> Result<&'a [u8], String> {
    let length = integer(preamble, 8, 8, "header length")?;
    require(length <= MOST_HEADER_BYTES, || format!("a header of {length} bytes is too long"))?;
    let header = slice(file, PREAMBLE_BYTES, length, "header")?;
    let crc = integer(preamble, 16, 4, "CRC-32C of the header")?;
    let computed = u64::from(crc32c(header));
    require(crc == computed, || {
        format!("the header's CRC-32C is {computed:#010x}, not {crc:#010x}")
    })?;
    Ok(header)
}
