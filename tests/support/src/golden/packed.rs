//! The list of golden blobs: a line each with name, byte offset and length in `v2.bin`, and length
//! and XXH3-64 of the decoded bytes.

use super::{BLOBS, LIST};

/// A golden blob as it was written.
pub struct Packed {
    pub name: String,
    pub blob: &'static [u8],
    pub byte_len: usize,
    pub xxh3: u64,
}

impl Packed {
    /// All of them, in the order of the list, which leaves no byte of `v2.bin` out.
    pub fn all() -> Vec<Self> {
        let mut end = 0;
        let mut all = Vec::new();
        for line in LIST.lines() {
            let (packed, offset) = Self::parse(line).unwrap_or_else(|| panic!("the line {line:?}"));
            assert_eq!(offset, end, "{}", packed.name);
            end += packed.blob.len();
            all.push(packed);
        }
        assert_eq!(end, BLOBS.len());
        all
    }

    fn parse(line: &str) -> Option<(Self, usize)> {
        let mut words = line.split(' ');
        let name = words.next()?.to_owned();
        let mut number = || words.next()?.parse::<usize>().ok();
        let (offset, length, byte_len) = (number()?, number()?, number()?);
        let xxh3 = u64::from_str_radix(words.next()?, 16).ok()?;
        let blob = BLOBS.get(offset..offset.checked_add(length)?)?;
        words.next().is_none().then_some((Self { name, blob, byte_len, xxh3 }, offset))
    }
}

/// The line that [`Packed::all`] reads.
pub fn line(name: &str, offset: usize, blob: &[u8], byte_len: usize, xxh3: u64) -> String {
    format!("{name} {offset} {} {byte_len} {xxh3:016x}\n", blob.len())
}
