//! The short text of a text.

use super::WHAT;
use super::numbers::{NEXT, Numbers, OFFSETS, SAME, leading, write};
use crate::Result;
use crate::memory::reserve;

/// The offsets of a tensor follow these bytes.
const BEFORE: &[u8] = br#""data_offsets":["#;

/// Hands over the text, piece by piece, without the numbers that follow from those before them;
/// returns the length of all pieces, which is at most the text's.
pub fn shorten(text: &str, take: impl FnMut(&[u8]) -> Result<()>) -> Result<usize> {
    let bytes = text.as_bytes();
    let mut out = Pieces { piece: reserve(PIECE as u64, WHAT)?, len: 0, take };
    let (mut numbers, mut end, mut at) = (Numbers::default(), 0, 0);
    while let Some(&byte) = bytes.get(at) {
        let rest = &bytes[at..];
        if !byte.is_ascii_digit() {
            numbers.pass(byte);
            out.push(&[byte])?;
            at += 1;
        } else if let Some(found) = offsets(rest)
            && found.start == end
            && bytes[..at].ends_with(BEFORE)
        {
            out.push(&[OFFSETS])?;
            write(found.end - found.start, |digits| out.push(digits))?;
            (at, end) = (at + found.len, found.end);
        } else {
            let (digits, number) = leading(rest);
            out.push(token(digits, number, numbers.counterpart()))?;
            numbers.push(number);
            at += digits.len();
        }
    }
    out.finish()
}

/// The token for digits, and the number that they are.
fn token(digits: &[u8], number: Option<u64>, counterpart: Option<u64>) -> &[u8] {
    match (counterpart, number) {
        (Some(before), Some(number)) if before == number => &[SAME],
        (Some(before), Some(number)) if before.checked_add(1) == Some(number) => &[NEXT],
        _ => digits,
    }
}

/// Bytes that are handed over at once: headers may be long, and are not held twice.
const PIECE: usize = 1 << 14;

/// Bytes on their way to `take`.
struct Pieces<F> {
    piece: Vec<u8>,
    /// Bytes that were handed over.
    len: usize,
    take: F,
}

impl<F: FnMut(&[u8]) -> Result<()>> Pieces<F> {
    fn push(&mut self, mut bytes: &[u8]) -> Result<()> {
        while let Some((now, later)) = bytes.split_at_checked(PIECE - self.piece.len()) {
            self.piece.extend_from_slice(now);
            self.hand_over()?;
            bytes = later;
        }
        self.piece.extend_from_slice(bytes);
        Ok(())
    }

    fn hand_over(&mut self) -> Result<()> {
        self.len += self.piece.len();
        (self.take)(&self.piece)?;
        self.piece.clear();
        Ok(())
    }

    fn finish(mut self) -> Result<usize> {
        self.hand_over()?;
        Ok(self.len)
    }
}

/// Two offsets, and the bytes that they take in the text.
struct Offsets {
    start: u64,
    end: u64,
    len: usize,
}

/// The offsets that a text begins with, in order and written as usual.
fn offsets(text: &[u8]) -> Option<Offsets> {
    let (first, start) = leading(text);
    let (second, end) = leading(text[first.len()..].strip_prefix(b",")?);
    let (start, end) = (start?, end?);
    (start <= end).then_some(Offsets { start, end, len: first.len() + 1 + second.len() })
}
