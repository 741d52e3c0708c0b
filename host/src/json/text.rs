//! A string of a JSON text, as it is written there.

use crate::{Result, memory};
use std::cmp::Ordering;
use std::fmt;

/// A string that has been proven sound, with its escapes still in it.
#[derive(Clone, Copy)]
pub(crate) struct Text<'a> {
    written: &'a str,
    /// True if there are escapes.
    escaped: bool,
}

impl<'a> Text<'a> {
    /// The string that is written like this, without its quotes.
    pub(super) fn new(written: &'a str) -> Self {
        Self { written, escaped: written.contains('\\') }
    }

    /// The byte of `text` that the string begins at, after its quote; it was read from there.
    pub fn start_in(&self, text: &str) -> usize {
        self.written.as_ptr() as usize - text.as_ptr() as usize
    }

    /// The string that begins at byte `start` of a text, after its quote.
    pub fn at(text: &'a str, start: usize) -> Self {
        let from = &text[start..];
        let (mut end, mut escaped) = (0, false);
        while let Some(step) = from[end..].find(['"', '\\']) {
            end += step;
            if from.as_bytes()[end] == b'"' {
                break;
            }
            // Skips the escaped character as well, which has at least one byte and may be a quote.
            (end, escaped) = (end + 2, true);
        }
        Self { written: &from[..end], escaped }
    }

    /// Its characters.
    pub fn chars(&self) -> Characters<'a> {
        Characters(self.written.chars())
    }

    /// Its length in bytes of UTF-8.
    pub fn len(&self) -> usize {
        match self.escaped {
            false => self.written.len(),
            true => self.chars().map(char::len_utf8).sum(),
        }
    }

    /// Appends it to a string that has room for it.
    pub fn append_to(&self, string: &mut String) {
        match self.escaped {
            false => string.push_str(self.written),
            true => string.extend(self.chars()),
        }
    }

    /// The string itself; an error where there is no memory for it.
    pub fn decode(&self, what: &'static str) -> Result<String> {
        let mut string = memory::string(self.len(), what)?;
        self.append_to(&mut string);
        Ok(string)
    }

    /// Compares it with `other`.
    pub fn compare(&self, other: &str) -> Ordering {
        match self.escaped {
            false => self.written.cmp(other),
            true => self.chars().cmp(other.chars()),
        }
    }

    /// The start of it, for a message.
    pub fn shown(&self) -> Shown<'a> {
        Shown(*self)
    }
}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        self.compare(other).is_eq()
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Text<'_> {}

impl PartialOrd for Text<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match self.escaped || other.escaped {
            false => self.written.cmp(other.written),
            true => self.chars().cmp(other.chars()),
        }
    }
}

/// A string as a message shows it: quoted, and no more than its start.
pub(crate) struct Shown<'a>(Text<'a>);

/// Characters that are shown.
const MOST_SHOWN: usize = 200;

impl fmt::Display for Shown<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start: String = self.0.chars().take(MOST_SHOWN).collect();
        let more = if self.0.chars().nth(MOST_SHOWN).is_some() { "…" } else { "" };
        write!(formatter, "{start:?}{more}")
    }
}

/// The characters of a string.
pub(crate) struct Characters<'a>(std::str::Chars<'a>);

impl Characters<'_> {
    /// A unit of UTF-16, of which the digits come next.
    fn unit(&mut self) -> u32 {
        self.0.by_ref().take(4).fold(0, |unit, digit| unit << 4 | digit.to_digit(16).unwrap_or(0))
    }
}

impl Iterator for Characters<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let first = self.0.next()?;
        if first != '\\' {
            return Some(first);
        }
        let code = match self.0.next()? {
            'b' => 0x8,
            'f' => 0xC,
            'n' => 0xA,
            'r' => 0xD,
            't' => 0x9,
            'u' => match self.unit() {
                high @ 0xD800..0xDC00 => {
                    // `\u` of the other half, which has been proven to be there.
                    self.0.nth(1);
                    0x10000 + ((high - 0xD800) << 10 | self.unit() & 0x3FF)
                }
                unit => unit,
            },
            itself => return Some(itself),
        };
        Some(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
    }
}

#[cfg(test)]
mod tests {
    use super::Text;

    #[test]
    fn escapes_stand_for_characters() {
        for (written, string) in [
            ("", ""),
            ("a/b", "a/b"),
            (r#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{c}\n\r\t"),
            (r"\u0041\u00e9\uFFFF", "Aé\u{ffff}"),
            (r"\ud83d\ude00\uDBFF\uDFFF😀", "😀\u{10ffff}😀"),
        ] {
            let text = Text::new(written);
            assert_eq!(text.decode("").unwrap(), string);
            assert_eq!(text.len(), string.len());
            assert!(text == *string);
            let after = format!("0{written}\": \"{written}\"");
            assert!(Text::at(&after, 1) == text, "{after}");
        }
    }

    #[test]
    fn the_order_is_that_of_strings() {
        let texts =
            ["", "a", "b", r"\u0061", r"\u0061b", "é", r"\u00e9", r"\ud83d\ude00", "\u{ffff}"];
        for one in texts.map(Text::new) {
            for other in texts.map(Text::new) {
                let strings = [one, other].map(|text| text.decode("").unwrap());
                let order = strings[0].cmp(&strings[1]);
                assert_eq!(one.cmp(&other), order, "{strings:?}");
                assert_eq!(one.compare(&strings[1]), order, "{strings:?}");
            }
        }
    }

    #[test]
    fn long_strings_are_cut_in_messages() {
        assert_eq!(Text::new("a\u{1b}").shown().to_string(), r#""a\u{1b}""#);
        let shown = Text::new(&"x".repeat(201)).shown().to_string();
        assert_eq!(shown, format!("\"{}\"…", "x".repeat(200)));
    }
}
