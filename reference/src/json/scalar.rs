//! Strings and numbers (RFC 8259, sections 6 and 7).

use super::Parser;
use crate::bytes::require;

impl Parser<'_> {
    pub(super) fn string(&mut self) -> Result<String, String> {
        self.expect(b'"')?;
        let mut string = String::new();
        loop {
            let rest = &self.text[self.at..];
            let next = rest.chars().next().ok_or_else(|| self.fault("a string does not end"))?;
            require(next >= ' ', || self.fault("a control character in a string"))?;
            self.at += next.len_utf8();
            match next {
                '"' => return Ok(string),
                '\\' => string.push(self.escaped()?),
                _ => string.push(next),
            }
        }
    }

    /// The character that an escape stands for, after its backslash.
    fn escaped(&mut self) -> Result<char, String> {
        let letter = self.peek().ok_or_else(|| self.fault("a string does not end"))?;
        self.at += 1;
        Ok(match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{C}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.code_point(),
            _ => return Err(self.fault("an unknown escape")),
        })
    }

    /// One UTF-16 unit, or a pair of surrogates.
    fn code_point(&mut self) -> Result<char, String> {
        let first = self.unit()?;
        let mut units = vec![first];
        if (0xD800..0xDC00).contains(&first) && self.take(b'\\') {
            self.expect(b'u')?;
            units.push(self.unit()?);
        }
        let text = String::from_utf16(&units).map_err(|_| self.fault("a lone surrogate"))?;
        text.chars().next().ok_or_else(|| self.fault("a lone surrogate"))
    }

    fn unit(&mut self) -> Result<u16, String> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4).unwrap_or_default();
        let digits = str::from_utf8(digits).unwrap_or_default();
        let all_hex = digits.len() == 4 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        require(all_hex, || self.fault("no four hex digits"))?;
        self.at += 4;
        u16::from_str_radix(digits, 16).map_err(|why| why.to_string())
    }

    /// The number where it is an integer of 64 bits without a sign, otherwise `None`.
    pub(super) fn number(&mut self) -> Result<Option<u64>, String> {
        let start = self.at;
        self.take(b'-');
        // "Leading zeros are not allowed."
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _ = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        let text = &self.text[start..self.at];
        let float: f64 = text.parse().map_err(|_| self.fault("no number"))?;
        require(float.is_finite(), || self.fault("a number that exceeds a 64-bit float"))?;
        Ok(text.parse().ok())
    }

    /// One digit or more.
    fn digits(&mut self) -> Result<(), String> {
        require(matches!(self.peek(), Some(b'0'..=b'9')), || self.fault("no digit"))?;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        Ok(())
    }
}
