//! The summaries of how tensors are coded, which are few however many tensors there are.

use crate::{Error, Result};
use std::collections::HashMap;

/// The longest codec summary that [`super::ArchiveWriter::append`] takes, in ASCII characters.
pub const MAX_CODEC_SUMMARY: usize = 64;

/// Summaries, each once, by the number that it got.
#[derive(Debug, Default)]
pub(super) struct Summaries {
    numbers: HashMap<String, u32>,
    texts: Vec<String>,
}

impl Summaries {
    /// The number of a summary.
    pub fn number(&mut self, summary: &str) -> Result<u32> {
        if let Some(&number) = self.numbers.get(summary) {
            return Ok(number);
        }
        check(summary)?;
        let number = self.texts.len() as u32;
        self.texts.push(summary.to_owned());
        self.numbers.insert(summary.to_owned(), number);
        Ok(number)
    }

    /// The summary of a number.
    pub fn text(&self, number: u32) -> &str {
        &self.texts[number as usize]
    }
}

/// Characters that JSON does not escape, so that the room reserved for a summary holds it.
fn check(codec: &str) -> Result<()> {
    let plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    if codec.len() <= MAX_CODEC_SUMMARY && codec.bytes().all(plain) {
        return Ok(());
    }
    Err(Error::InvalidArgument(format!(
        "a codec summary has at most {MAX_CODEC_SUMMARY} plain ASCII characters, {codec:?} has not"
    )))
}
