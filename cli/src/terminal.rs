//! Text that is shortened for people, or kept whole for programs.

use std::borrow::Cow;
use std::fmt::Write;
use wcodec_bench::escape::is_harmful;

/// JSON in which characters that a terminal would obey are escaped. They stand in strings only, so
/// the value stays the same.
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
    use wcodec_bench::escape::is_printable;

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
