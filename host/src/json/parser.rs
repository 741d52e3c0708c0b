//! Objects and arrays (RFC 8259, sections 2 to 5).

use super::names::OpenNames;
use super::{Fault, Text};

/// Objects and arrays inside each other from which on a text is refused: each takes some stack.
const TOO_DEEP: usize = 128;

/// A text that is one value of I-JSON: every string is Unicode, every number fits 64 bits of
/// floating point, and no object has two members of one name.
#[derive(Clone, Copy)]
pub(crate) struct Sound<'a>(&'a str);

impl<'a> Sound<'a> {
    /// Checks a text, in memory of a few bytes for each name in it.
    pub fn check(text: &'a [u8]) -> Result<Self, Fault> {
        let text = str::from_utf8(text).map_err(|error| error.to_string())?;
        u32::try_from(text.len()).map_err(|_| "it is longer than 4 GiB")?;
        let mut names = OpenNames::default();
        let mut parser = Parser { text, at: 0 };
        parser.check(&mut names, 0)?;
        parser.skip_spaces();
        match parser.at == text.len() {
            true => Ok(Self(text)),
            false => Err(parser.fault("something follows the value")),
        }
    }

    /// The text.
    pub fn text(self) -> &'a str {
        self.0
    }

    /// A parser at the start of the value.
    pub fn parser(self) -> Parser<'a> {
        self.parser_at(0)
    }

    /// A parser at a value that begins at this byte.
    pub fn parser_at(self, at: usize) -> Parser<'a> {
        Parser { text: self.0, at }
    }
}

/// A place in a text, from which on values are read one after another. A copy reads them once more.
#[derive(Clone, Copy)]
pub(crate) struct Parser<'a> {
    pub(super) text: &'a str,
    /// Byte offset of the next byte.
    pub(super) at: usize,
}

impl<'a> Parser<'a> {
    /// Reads an object; `member` reads the value of each of its members.
    pub fn object(
        &mut self,
        mut member: impl FnMut(&mut Self, Text<'a>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.list(b'{', b'}', |parser| {
            let name = parser.string()?;
            parser.skip_spaces();
            parser.expect(b':')?;
            member(parser, name)
        })
    }

    /// Reads an array; `element` reads each of its elements.
    pub fn array(
        &mut self,
        element: impl FnMut(&mut Self) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.list(b'[', b']', element)
    }

    /// The byte that is read next.
    pub fn position(&self) -> usize {
        self.at
    }

    /// Passes over a value.
    pub fn skip(&mut self) -> Result<(), Fault> {
        match self.next() {
            Some(b'{') => self.object(|parser, _| parser.skip()),
            Some(b'[') => self.array(Self::skip),
            _ => self.scalar(),
        }
    }

    /// Takes `null`, if it comes next.
    pub fn null(&mut self) -> bool {
        let comes = self.next() == Some(b'n');
        comes && self.scalar().is_ok()
    }

    /// Checks that the next value is sound.
    fn check(&mut self, names: &mut OpenNames, depth: usize) -> Result<(), Fault> {
        let depth = depth + 1;
        let too_deep = |parser: &Self| parser.fault("objects and arrays nest too deeply");
        match self.next() {
            Some(b'{' | b'[') if depth == TOO_DEEP => Err(too_deep(self)),
            Some(b'[') => self.array(|parser| parser.check(names, depth)),
            Some(b'{') => {
                let first = names.len();
                self.list(b'{', b'}', |parser| {
                    names.push(parser.at as u32 + 1)?;
                    parser.string()?;
                    parser.skip_spaces();
                    parser.expect(b':')?;
                    parser.check(names, depth)
                })?;
                names.close(first, self.text)
            }
            _ => self.scalar(),
        }
    }

    /// Reads a list between two brackets, separated by commas.
    fn list(
        &mut self,
        open: u8,
        close: u8,
        mut item: impl FnMut(&mut Self) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.skip_spaces();
        self.expect(open)?;
        if self.next() == Some(close) {
            return self.expect(close);
        }
        loop {
            self.skip_spaces();
            item(self)?;
            if self.next() == Some(close) {
                return self.expect(close);
            }
            self.expect(b',')?;
        }
    }

    /// The byte that comes next, after spaces.
    fn next(&mut self) -> Option<u8> {
        self.skip_spaces();
        self.peek()
    }

    pub(super) fn skip_spaces(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Takes this byte, if it comes next.
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let comes = self.peek() == Some(byte);
        self.at += usize::from(comes);
        comes
    }

    pub(super) fn expect(&mut self, byte: u8) -> Result<(), Fault> {
        match self.take(byte) {
            true => Ok(()),
            false => Err(self.fault(&format!("expected {:?}", char::from(byte)))),
        }
    }

    pub(super) fn fault(&self, reason: &str) -> Fault {
        match self.peek() {
            Some(_) => format!("{reason} at byte {}", self.at).into(),
            None => format!("{reason} at byte {}, where it ends", self.at).into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Sound;

    #[test]
    fn sound_texts() {
        for text in [
            r#"{"a":[1,-1,2.5,true,null,"\ud83d\ude00"],"b":{"a":{}}}"#,
            " [ ] ",
            r#"{"":0,"\u0000":0,"a":0,"A":0}"#,
            "-0.0e-5",
        ] {
            assert!(Sound::check(text.as_bytes()).is_ok(), "{text}");
        }
        let nested = |depth| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert!(Sound::check(nested(127).as_bytes()).is_ok());
        assert!(Sound::check(nested(128).as_bytes()).is_err());
    }

    #[test]
    fn a_parser_in_general_passes_over_these() {
        for text in [
            &br#"{"a":1,"a":1}"#[..],
            br#"{"a":1,"\u0061":1}"#,
            br#"{"b":0,"\ud83d\ude00":1,"c":0,"\uD83D\uDE00":1}"#,
            br#"{"a":[{"b":1,"b":1}]}"#,
            br#"{"a":"\ud800"}"#,
            br#"{"a":"\udc00"}"#,
            br#"{"a":"\ud800\u0041"}"#,
            br#"{"a":1e999}"#,
            br#"{"a":1}{}"#,
            b"{\"a\":\"\xCE3\"}",
            b"{\"\xCE3\":1}",
            b"",
        ] {
            assert!(Sound::check(text).is_err(), "{}", String::from_utf8_lossy(text));
        }
    }
}
