//! Text of files and paths, made fit for a terminal.

use std::borrow::Cow;
use std::fmt::Write;

/// The text on one line, with everything escaped that a terminal would obey, or by which it would
/// show something else than what is there.
pub fn printable(text: &str) -> Cow<'_, str> {
    escaped(text, is_harmful)
}

/// As [`printable`], of text in several lines.
pub fn printable_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |character| character != '\n' && is_harmful(character))
}

/// Whether nothing in a text has to be escaped.
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

/// The same for JSON, where such a character stands in a string only: the value stays what it was.
pub fn printable_json(json: &str) -> Cow<'_, str> {
    let is_harmful = |character| character != '\n' && is_harmful(character);
    if !json.contains(is_harmful) {
        return Cow::Borrowed(json);
    }
    let mut escaped = String::with_capacity(json.len() + 16);
    for character in json.chars() {
        if !is_harmful(character) {
            escaped.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            // Writing to a string does not fail.
            let _ = write!(escaped, "\\u{unit:04x}");
        }
    }
    Cow::Owned(escaped)
}

/// Control characters, line ends among them, and characters that cannot be seen: some of them turn
/// the direction of text round, or make two names look alike.
fn is_harmful(character: char) -> bool {
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

/// Text of at most `most` characters: longer ones lose their middle, as names differ at the ends.
pub fn cut(text: &str, most: usize) -> Cow<'_, str> {
    let count = text.chars().count();
    if count <= most {
        return Cow::Borrowed(text);
    }
    let kept = most.saturating_sub(1);
    let (head, tail) = (kept.div_ceil(2), kept / 2);
    let characters = text.chars().take(head).chain(['…']);
    Cow::Owned(characters.chain(text.chars().skip(count - tail)).collect())
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

    #[test]
    fn json_keeps_its_value() {
        let value = "\u{1b}\u{7f}\u{202e}\u{e0041} ü\n";
        let json = serde_json::to_string_pretty(&[value]).unwrap();
        let printed = printable_json(&json);
        assert!(is_printable(&printed.replace('\n', "")), "{printed}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&printed).unwrap(), [value]);
    }

    #[test]
    fn long_text_loses_its_middle() {
        for (most, expected) in [(6, "größen"), (5, "gr…en"), (4, "gr…n"), (1, "…"), (0, "…")]
        {
            assert_eq!(cut("größen", most), expected, "{most}");
        }
    }
}
