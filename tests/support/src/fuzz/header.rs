//! The minor version and the header, of a file that is otherwise sound.

use super::archive::agree;
use crate::forged::Forged;

/// Bytes before the header: the minor version, and the length of the text.
pub const CHOICES: usize = 3;
/// The most bytes of blobs, which are zeros.
const MOST_BLOBS: u64 = 1 << 16;

/// The first bytes are the minor version and the length of the text, all others are the header.
pub fn run(data: &[u8]) {
    let Some((&[minor, low, high], header)) = data.split_first_chunk::<CHOICES>() else { return };
    let text_len = usize::from(u16::from_le_bytes([low, high])).min(header.len());
    let (text, fields) = header.split_at(text_len);
    let mut forged = Forged::of_text(text);
    forged.version.1 = minor.into();
    if let Some((count, length)) = claimed(text, fields) {
        forged.blobs = vec![0; length];
        forged.sums = vec![0; 12 * count];
    }
    agree(&forged.file_of(header, header.len()));
}

/// The blobs by the first field of lengths, and their bytes, up to a bearable number.
fn claimed(text: &[u8], mut fields: &[u8]) -> Option<(usize, usize)> {
    let text: serde_json::Value = serde_json::from_slice(text).ok()?;
    let members = text.as_object()?;
    let count = members.len() - usize::from(members.contains_key("__metadata__"));
    while let Some((&[tag, ref len @ ..], rest)) = fields.split_first_chunk::<5>() {
        let (content, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
        if tag == crate::forged::LENGTHS {
            let length = |blob: usize| {
                let bytes = content.iter().skip(blob).step_by(count);
                bytes.rev().try_fold(0u64, |length, &byte| {
                    let length = length << 8 | u64::from(byte);
                    (length <= MOST_BLOBS).then_some(length)
                })
            };
            let total = (0..count).try_fold(0, |sum, blob| Some(sum + length(blob)?))?;
            return (total <= MOST_BLOBS).then_some((count, total as usize));
        }
        fields = rest;
    }
    Some((count, 0))
}
