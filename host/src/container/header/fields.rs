//! The fields after the text of a header: each a tag, a length and as many bytes.

use crate::json::Fault;
use crate::memory::reserve;
use crate::{Error, Result};

type FaultResult<T> = std::result::Result<T, Fault>;

/// The text is the source's own header, and not one that a writer made.
pub const SOURCE: u8 = 1;
/// The name of the source's file.
pub const FILE_NAME: u8 = 2;
/// The lengths of the blobs.
pub const LENGTHS: u8 = 3;

/// How each tensor is stored.
pub const KINDS: u8 = 4;
/// The tensors whose bytes others have.
pub const REFERENCES: u8 = 5;
/// The other files of the folder that tensors lie in.
pub const OTHER_FILES: u8 = 6;
/// The tensors there.
pub const ELSEWHERE: u8 = 7;
/// The tensors of bases that others are coded against.
pub const BASES: u8 = 8;
/// The bytes of the tensors are a file that was carried as it is.
pub const AS_IS: u8 = 128;

/// From this tag on a reader refuses what it does not know; below, it passes over it.
const CRITICAL: u8 = 128;
/// Bytes of a tag and a length.
pub const HEAD: usize = 5;

/// The fields of a header that this version knows.
#[derive(Debug, Default, Clone, Copy)]
pub struct Fields<'a> {
    pub is_source: bool,
    pub file_name: Option<&'a [u8]>,
    pub lengths: Option<&'a [u8]>,
    pub kinds: Option<&'a [u8]>,
    pub references: Option<&'a [u8]>,
    pub other_files: Option<&'a [u8]>,
    pub elsewhere: Option<&'a [u8]>,
    pub bases: Option<&'a [u8]>,
    pub as_is: bool,
}

impl<'a> Fields<'a> {
    /// Reads the fields, whose tags ascend; `place` is the header for messages.
    pub fn read(mut bytes: &'a [u8], place: &str) -> FaultResult<Self> {
        let (mut fields, mut last) = (Self::default(), 0);
        while let Some((&[tag, ref len @ ..], rest)) = bytes.split_first_chunk::<HEAD>() {
            let len = u32::from_le_bytes(*len) as usize;
            let Some((content, rest)) = rest.split_at_checked(len) else {
                return Err(format!("field {tag} of {len} bytes ends beyond it").into());
            };
            if tag <= last {
                return Err(format!("field {tag} follows field {last}").into());
            }
            fields.take(tag, content, place)?;
            (bytes, last) = (rest, tag);
        }
        match bytes {
            [] if fields.is_source && fields.as_is => {
                Err("its text is a source's own, and its tensors are a file as it is".into())
            }
            [] => Ok(fields),
            _ => Err("its fields end within the head of one".into()),
        }
    }

    fn take(&mut self, tag: u8, content: &'a [u8], place: &str) -> FaultResult<()> {
        match tag {
            SOURCE if content.is_empty() => self.is_source = true,
            SOURCE => return Err("the field that marks a source's own text is not empty".into()),
            FILE_NAME => self.file_name = Some(content),
            LENGTHS => self.lengths = Some(content),
            KINDS => self.kinds = Some(content),
            REFERENCES => self.references = Some(content),
            OTHER_FILES => self.other_files = Some(content),
            ELSEWHERE => self.elsewhere = Some(content),
            BASES => self.bases = Some(content),
            AS_IS if content.is_empty() => self.as_is = true,
            AS_IS => return Err("the field that marks a file as it is is not empty".into()),
            _ if tag >= CRITICAL => {
                let (place, feature) = (place.to_owned(), "field");
                return Err(Error::UnknownFeature { place, feature, number: tag }.into());
            }
            _ => {}
        }
        Ok(())
    }
}

/// Appends a field, for which there is room.
pub fn push(bytes: &mut Vec<u8>, tag: u8, content: &[u8]) {
    push_all(bytes, tag, content.len(), content.iter().copied());
}

/// Appends a field of so many bytes.
pub fn push_all(bytes: &mut Vec<u8>, tag: u8, len: usize, content: impl Iterator<Item = u8>) {
    bytes.push(tag);
    bytes.extend_from_slice(&(len as u32).to_le_bytes());
    bytes.extend(content);
}

/// Numbers of `width` bytes each, kept as the first byte of all, the second of all, and so on:
/// lengths differ in their low bytes alone, and deflate finds that.
#[derive(Debug, Clone, Copy)]
pub struct Columns<'a> {
    bytes: &'a [u8],
    count: usize,
}

impl<'a> Columns<'a> {
    /// The columns of `count` numbers of 1 to 8 bytes each.
    pub fn new(bytes: &'a [u8], count: usize) -> FaultResult<Self> {
        let width = bytes.len().checked_div(count).unwrap_or(0);
        match width * count == bytes.len() && (width <= 8) && (width > 0 || count == 0) {
            true => Ok(Self { bytes, count }),
            false => {
                Err(format!("{} bytes are not the lengths of {count} blobs", bytes.len()).into())
            }
        }
    }

    /// The number at `index`, which is below the count.
    pub fn get(&self, index: usize) -> u64 {
        let digits = self.bytes[index..].iter().step_by(self.count);
        digits.enumerate().fold(0, |value, (place, &byte)| value | u64::from(byte) << (8 * place))
    }
}

/// The columns of the numbers from `number(0)` on, as many bytes wide as the widest needs.
pub fn columns(count: usize, number: impl Fn(usize) -> u64) -> Result<Vec<u8>> {
    let bytes = |number: u64| number.max(1).ilog2() / 8 + 1;
    let width = (0..count).map(|index| bytes(number(index))).max().unwrap_or(0);
    let mut columns = reserve(u64::from(width) * count as u64, "the lengths of blobs")?;
    for place in 0..width {
        columns.extend((0..count).map(|index| (number(index) >> (8 * place)) as u8));
    }
    Ok(columns)
}
