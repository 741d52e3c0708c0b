//! FORMAT.md section 1.3: the fields after the header's text.

use super::bytes::{byte, integer, require, slice};

/// The fields that this reader knows.
#[derive(Default)]
pub struct Fields {
    /// "The text is the source's own".
    pub is_source: bool,
    /// "lengths of the blobs, in byte planes".
    pub lengths: Vec<u8>,
    /// "how each tensor is stored".
    pub kinds: Vec<u8>,
    /// "how many tensors before".
    pub references: Vec<u8>,
    /// Names of other files.
    pub other_files: Vec<u8>,
    /// Which tensors there.
    pub elsewhere: Vec<u8>,
    /// "for each tensor of kind 5 … its reference".
    pub bases: Vec<u8>,
    /// "The bytes of the tensors, in order, are the original file".
    pub as_is: bool,
}

/// "each a tag, the length of its content as 4 bytes, and its content, in the order of their tags".
pub fn parse_fields(bytes: &[u8]) -> Result<Fields, String> {
    let (mut fields, mut at, mut last) = (Fields::default(), 0, 0);
    while at < bytes.len() as u64 {
        let tag = byte(bytes, at, "tag of a field")?;
        let length = integer(bytes, at + 1, 4, "length of a field")?;
        let content = slice(bytes, at + 5, length, &format!("field {tag}"))?;
        require(tag > last, || format!("field {tag} after field {last}"))?;
        match tag {
            1 => {
                require(content.is_empty(), || "field 1 is not empty".into())?;
                fields.is_source = true;
            }
            2 => check_file_name(content)?,
            3 => fields.lengths = content.to_vec(),
            4 => fields.kinds = content.to_vec(),
            5 => fields.references = content.to_vec(),
            6 => fields.other_files = content.to_vec(),
            7 => fields.elsewhere = content.to_vec(),
            8 => fields.bases = content.to_vec(),
            128 => {
                require(content.is_empty(), || "field 128 is not empty".into())?;
                fields.as_is = true;
            }
            // "A reader ignores an unknown field below 128, and refuses any other."
            _ => require(tag < 128, || format!("field {tag} needs a newer reader"))?,
        }
        (at, last) = (at + 5 + length, tag);
    }
    require(!(fields.is_source && fields.as_is), || "fields 1 and 128 in one header".into())?;
    Ok(fields)
}

/// "one part of a path": not empty, neither `.` nor `..`, without slashes (`/` or `\`) and U+0000.
fn check_file_name(name: &[u8]) -> Result<(), String> {
    let name = str::from_utf8(name).map_err(|why| format!("the file name: {why}"))?;
    let one_part = !matches!(name, "" | "." | "..") && !name.contains(['/', '\\', '\0']);
    require(one_part, || format!("the file name {name:?} is not one part of a path"))
}

/// "byte `j` of the length of blob `i` is byte `j·count + i`".
pub fn lengths(bytes: &[u8], count: u64) -> Result<Vec<u64>, String> {
    let width = (bytes.len() as u64).checked_div(count).unwrap_or(0);
    let fits = width * count == bytes.len() as u64 && (count == 0 || (1..=8).contains(&width));
    require(fits, || format!("{} bytes are not the lengths of {count} blobs", bytes.len()))?;
    let length =
        |i| (0..width).rev().fold(0, |v, j| v << 8 | u64::from(bytes[(j * count + i) as usize]));
    Ok((0..count).map(length).collect())
}
