//! Strings, numbers and literals (RFC 8259, sections 3, 6 and 7).

use super::{Fault, Parser, Text};

impl<'a> Parser<'a> {
    /// Reads a string.
    pub fn string(&mut self) -> Result<Text<'a>, Fault> {
        self.skip_spaces();
        if self.peek() != Some(b'"') {
            return Err(self.fault("expected a string"));
        }
        self.at += 1;
        let start = self.at;
        loop {
            match self.peek() {
                None => return Err(self.fault("a string does not end")),
                Some(b'"') => break,
                Some(b'\\') => self.escape()?,
                Some(..b' ') => return Err(self.fault("a control character in a string")),
                Some(_) => self.at += 1,
            }
        }
        self.at += 1;
        Ok(Text::new(&self.text[start..self.at - 1]))
    }

    /// Reads an integer from 0 to 2^64 − 1, written as one.
    pub fn integer(&mut self) -> Result<u64, Fault> {
        self.skip_spaces();
        let start = *self;
        let number = self.number().ok().and_then(|number| number.parse().ok());
        number.ok_or_else(|| start.fault("expected an integer from 0 to 2^64 - 1"))
    }

    /// Passes over a value that is neither an object nor an array.
    pub(super) fn scalar(&mut self) -> Result<(), Fault> {
        match self.peek() {
            Some(b'"') => self.string().map(drop),
            Some(b'-' | b'0'..=b'9') => self.number().map(drop),
            _ => match ["null", "true", "false"].iter().find(|l| self.rest().starts_with(*l)) {
                Some(literal) => {
                    self.at += literal.len();
                    Ok(())
                }
                None => Err(self.fault("expected a value")),
            },
        }
    }

    /// A number as it is written.
    fn number(&mut self) -> Result<&'a str, Fault> {
        let start = self.at;
        self.take(b'-');
        // Leading zeros are not allowed.
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
        let number = &self.text[start..self.at];
        match number.parse::<f64>() {
            Ok(float) if float.is_finite() => Ok(number),
            _ => Err(self.fault("a number exceeds 64 bits of floating point")),
        }
    }

    /// One digit or more.
    fn digits(&mut self) -> Result<(), Fault> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.fault("expected a digit"));
        }
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        Ok(())
    }

    /// Passes over an escape that stands for a character, alone or with the one that follows.
    fn escape(&mut self) -> Result<(), Fault> {
        self.at += 1;
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => {
                // Made where it is needed alone: a text may be all escapes.
                let start = *self;
                let lone = || start.fault("half of a surrogate pair");
                match self.unit()? {
                    0xD800..0xDC00 => {
                        let pair = self.take(b'\\') && self.peek() == Some(b'u');
                        if !pair || !(0xDC00..0xE000).contains(&self.unit()?) {
                            return Err(lone());
                        }
                    }
                    0xDC00..0xE000 => return Err(lone()),
                    _ => {}
                }
            }
            _ => return Err(self.fault("an unknown escape")),
        }
        Ok(())
    }

    /// A unit of UTF-16: `u` and four hex digits.
    fn unit(&mut self) -> Result<u16, Fault> {
        let digits = self.text.as_bytes().get(self.at + 1..self.at + 5).unwrap_or_default();
        let hex = digits.len() == 4 && digits.iter().all(u8::is_ascii_hexdigit);
        let unit = str::from_utf8(digits).ok().and_then(|d| u16::from_str_radix(d, 16).ok());
        let unit = unit.filter(|_| hex).ok_or_else(|| self.fault("expected four hex digits"))?;
        self.at += 5;
        Ok(unit)
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }
}
