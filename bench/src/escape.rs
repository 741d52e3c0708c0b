//! Text of files and paths, escaped for a terminal. Only this module knows which characters are
//! harmful.

use clap::Parser;
use std::borrow::Cow;
use std::ffi::OsString;
use std::io::{self, Write};

/// The text on one line. Characters that a terminal would obey, or that would make the text look
/// like another, are escaped.
pub fn printable(text: &str) -> Cow<'_, str> {
    escaped(text, is_harmful)
}

/// As [`printable`], of text in several lines.
pub fn printable_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |character| character != '\n' && is_harmful(character))
}

/// Returns whether nothing in a text has to be escaped.
pub fn is_printable(text: &str) -> bool {
    !text.contains(is_harmful)
}

fn escaped(text: &str, is_harmful: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match is_harmful(character) {
            true => escaped.extend(character.escape_unicode()),
            false => escaped.push(character),
        }
    }
    Cow::Owned(escaped)
}

/// Control characters, line ends among them, and characters that cannot be seen: some of them turn
/// the direction of text round, or make two names look alike.
pub fn is_harmful(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// The arguments of this process, or its end with what clap has to say.
pub fn arguments<A: Parser>() -> A {
    parsed(std::env::args_os().collect())
}

/// The arguments, of which the first is the program's name, or the end of the process with what
/// clap has to say. It repeats arguments as they are, and a shell makes them of the names of files.
pub fn parsed<A: Parser>(arguments: Vec<OsString>) -> A {
    let harmless = arguments.iter().all(|argument| is_printable(&argument.to_string_lossy()));
    A::try_parse_from(arguments).unwrap_or_else(|error| {
        if harmless {
            error.exit();
        }
        let _ = write!(io::stderr(), "{}", printable_lines(&error.to_string()));
        std::process::exit(error.exit_code())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_escaped() {
        for (text, expected) in [
            ("größe/重み 🦀 \\ \"", "größe/重み 🦀 \\ \""),
            ("\u{1b}]0;X\u{7}", "\\u{1b}]0;X\\u{7}"),
            ("a\nb\r", "a\\u{a}b\\u{d}"),
            ("\u{9b}2J\u{7f}", "\\u{9b}2J\\u{7f}"),
            ("safe\u{202e}slrotces", "safe\\u{202e}slrotces"),
            ("\u{2066}x\u{2069}\u{200b}", "\\u{2066}x\\u{2069}\\u{200b}"),
        ] {
            assert_eq!(printable(text), expected);
            assert_eq!(is_printable(text), text == expected);
        }
        assert_eq!(printable_lines("a\n\u{1b}"), "a\n\\u{1b}");
    }
}
