//! The text of a short text.

use super::WHAT;
use super::numbers::{NEXT, Numbers, OFFSETS, SAME, leading, write};
use crate::json::Fault;
use crate::memory::reserve;

type FaultResult<T> = Result<T, Fault>;

/// The header whose text has `len` bytes, of one whose first `short_len` bytes are the short text;
/// the same fields follow.
pub fn expand(header: Vec<u8>, short_len: usize, len: usize) -> FaultResult<Vec<u8>> {
    let (short, fields) = header.split_at(short_len);
    let is_whole = !short.iter().any(|byte| matches!(*byte, OFFSETS | SAME | NEXT));
    if is_whole && short_len == len {
        return Ok(header);
    }
    let bytes = reserve((len + fields.len()) as u64, WHAT)?;
    let mut text = Text { bytes, len, numbers: Numbers::default(), offset: 0 };
    let mut rest = short;
    while !rest.is_empty() {
        rest = &rest[text.take(rest)?..];
    }
    if text.bytes.len() < len {
        return Err(not_as_long());
    }
    text.bytes.extend_from_slice(fields);
    Ok(text.bytes)
}

/// A text as far as it is expanded.
struct Text {
    bytes: Vec<u8>,
    /// The bytes that it will have.
    len: usize,
    numbers: Numbers,
    /// The end of the tensor before.
    offset: u64,
}

impl Text {
    /// Takes the first bytes of a short text; returns how many.
    fn take(&mut self, short: &[u8]) -> FaultResult<usize> {
        match short[0] {
            OFFSETS => self.push_offsets(&short[1..]),
            SAME => self.push_counterpart(0),
            NEXT => self.push_counterpart(1),
            byte if byte.is_ascii_digit() => {
                let (digits, number) = leading(short);
                self.numbers.push(number);
                self.push(digits)?;
                Ok(digits.len())
            }
            byte => {
                self.numbers.pass(byte);
                self.push(&[byte])?;
                Ok(1)
            }
        }
    }

    fn push_offsets(&mut self, after: &[u8]) -> FaultResult<usize> {
        let (digits, difference) = leading(after);
        let difference = difference.ok_or("its text has no number in place of offsets")?;
        let start = self.offset;
        let end = start.checked_add(difference).ok_or("the offsets in its text exceed 2^64")?;
        self.offset = end;
        write(start, |digits| self.push(digits))?;
        self.push(b",")?;
        write(end, |digits| self.push(digits))?;
        Ok(1 + digits.len())
    }

    fn push_counterpart(&mut self, more: u64) -> FaultResult<usize> {
        let number = self.numbers.counterpart().and_then(|before| before.checked_add(more));
        let number = number.ok_or("its text refers to a number that is not there")?;
        self.numbers.push(Some(number));
        write(number, |digits| self.push(digits))?;
        Ok(1)
    }

    fn push(&mut self, bytes: &[u8]) -> FaultResult<()> {
        if self.bytes.len() + bytes.len() > self.len {
            return Err(not_as_long());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }
}

fn not_as_long() -> Fault {
    "its text is not as long as the preamble says".into()
}
