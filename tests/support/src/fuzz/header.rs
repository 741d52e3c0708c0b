//! The minor version and the header, of a file that is otherwise sound.

use super::archive::agree;
use crate::forged::{Forged, KINDS, LENGTHS};

/// Bytes before the header: the minor version, and the length of the short text.
pub const CHOICES: usize = 3;
/// The most bytes of a text.
const MOST_TEXT: u64 = 1 << 20;
/// The most bytes of blobs, which are zeros.
const MOST_BLOBS: u64 = 1 << 16;

/// The first bytes are the minor version and the length of the short text, all others are the header.
pub fn run(data: &[u8]) {
    let Some((&[minor, low, high], header)) = data.split_first_chunk::<CHOICES>() else { return };
    let text_len = usize::from(u16::from_le_bytes([low, high])).min(header.len());
    let (text, fields) = header.split_at(text_len);
    let mut forged = Forged::of_text(text);
    forged.version.1 = minor.into();
    let text = expanded(text);
    forged.text_len = Some(text.len());
    if let Some((blobs, sums)) = claimed(&text, fields) {
        forged.blobs = vec![0; blobs];
        forged.sums = vec![0; sums];
    }
    agree(&forged.file_of(header, header.len()));
}

/// The text of a short one; the same where it is none.
fn expanded(short: &[u8]) -> Vec<u8> {
    reference::text_of(short, MOST_TEXT).unwrap_or_else(|_| short.to_vec())
}

/// The bytes of blobs and sums that text and fields announce, up to a bearable number of blobs.
fn claimed(text: &[u8], fields: &[u8]) -> Option<(usize, usize)> {
    let text: serde_json::Value = serde_json::from_slice(text).ok()?;
    let members = text.as_object()?;
    let count = members.len() - usize::from(members.contains_key("__metadata__"));
    let (blobs, hashes) = match field(fields, KINDS) {
        None | Some([]) => (count, count),
        Some(kinds) => {
            let number = |of: fn(&u8) -> bool| kinds.iter().filter(|&kind| of(kind)).count();
            (number(|kind| [0, 1, 5].contains(kind)), number(|&kind| kind != 3))
        }
    };
    let lengths = field(fields, LENGTHS).unwrap_or_default();
    let length = |blob: usize| {
        let bytes = lengths.iter().skip(blob).step_by(blobs);
        bytes.rev().try_fold(0u64, |length, &byte| {
            let length = length << 8 | u64::from(byte);
            (length <= MOST_BLOBS).then_some(length)
        })
    };
    let total = (0..blobs).try_fold(0, |sum, blob| Some(sum + length(blob)?))?;
    (total <= MOST_BLOBS).then_some((total as usize, 4 * blobs + 8 * hashes))
}

/// The content of the first field of this tag.
fn field(mut fields: &[u8], wanted: u8) -> Option<&[u8]> {
    while let Some((&[tag, ref len @ ..], rest)) = fields.split_first_chunk::<5>() {
        let (content, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
        if tag == wanted {
            return Some(content);
        }
        fields = rest;
    }
    None
}
