//! FORMAT.md section 1.2: the short text, and the text that is made from it.

use super::bytes::require;

/// "the first 16 after a `}`, or in the beginning, are numbered from 0".
const NUMBERED: usize = 16;

/// The text for which the tokens of a short text stand, where it has at most `most` bytes.
pub fn text_of(short: &[u8], most: u64) -> Result<Vec<u8>, String> {
    let mut tokens = Tokens::default();
    let mut at = 0;
    while at < short.len() {
        at += match short[at] {
            1 => 1 + tokens.pair(digits(&short[at + 1..]))?,
            2 => tokens.counterpart(0)?,
            3 => tokens.counterpart(1)?,
            b'0'..=b'9' => tokens.digits(digits(&short[at..])),
            byte => tokens.itself(byte),
        };
        let so_far = tokens.text.len() as u64;
        require(so_far <= most, || format!("the text exceeds {most} bytes"))?;
    }
    Ok(tokens.text)
}

#[derive(Default)]
struct Tokens {
    text: Vec<u8>,
    /// The second number of the last token 1.
    p: u64,
    /// Those "before the last `}` and after the one before it"; `None`: "digits that are not a number".
    before: Vec<Option<u64>>,
    /// Those since the last `}`.
    since: Vec<Option<u64>>,
}

impl Tokens {
    fn pair(&mut self, written: &[u8]) -> Result<usize, String> {
        let d = number(written).ok_or_else(|| format!("{written:?} after a byte 1"))?;
        let second = self.p.checked_add(d).ok_or("an offset is not below 2^64")?;
        self.text.extend_from_slice(format!("{},{second}", self.p).as_bytes());
        self.p = second;
        Ok(written.len())
    }

    fn counterpart(&mut self, more: u64) -> Result<usize, String> {
        let n = self.since.len();
        let before = self.before.get(n).copied().flatten();
        let value = before.and_then(|before| before.checked_add(more));
        let value = value.ok_or_else(|| format!("number {n} has no counterpart"))?;
        self.text.extend_from_slice(value.to_string().as_bytes());
        self.remember(Some(value));
        Ok(1)
    }

    fn digits(&mut self, written: &[u8]) -> usize {
        self.text.extend_from_slice(written);
        self.remember(number(written));
        written.len()
    }

    fn itself(&mut self, byte: u8) -> usize {
        self.text.push(byte);
        if byte == b'}' {
            self.before = std::mem::take(&mut self.since);
        }
        1
    }

    fn remember(&mut self, value: Option<u64>) {
        if self.since.len() < NUMBERED {
            self.since.push(value);
        }
    }
}

/// The digits that stand together at the beginning.
fn digits(bytes: &[u8]) -> &[u8] {
    let count = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    &bytes[..count]
}

/// "numbers are decimal and below 2^64, without needless zeros".
fn number(digits: &[u8]) -> Option<u64> {
    let written = str::from_utf8(digits).ok()?;
    (digits.len() == 1 || !written.starts_with('0')).then(|| written.parse().ok()).flatten()
}
