//! Texts that are JSON to the reference decoder, and texts that are not.

use crate::archive::source;
use reference::decode_archive;
use support::assembler::archive::{Source, with_text};

/// The text of a file of one empty tensor, but for the end of its entry.
const ENTRY: &[u8] = br#"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]"#;

fn empty() -> Source {
    source("a", "U8", &[0], 0)
}

fn archive_with(member: &str) -> Result<(), String> {
    let text = [ENTRY, format!(",\"later\":{member}}}}}").as_bytes()].concat();
    decode_archive(&with_text(&text, &[empty()]).file()).map(|_| ())
}

#[test]
fn values_of_every_kind_are_read() {
    let deep = format!("{}0{}", "[".repeat(125), "]".repeat(125));
    for sound in [
        "null",
        "true",
        "false",
        "0",
        "-0",
        "10",
        "-1.5e-3",
        "1E+2",
        "18446744073709551616",
        "1e308",
        "\"\"",
        r#""\"\\\/\b\f\n\r\t\u00e9""#,
        r#""\ud83d\ude00""#,
        "\"é\u{7f}😀\"",
        "[]",
        "[ 1 , [ ] ]",
        "{}",
        r#"{ "a" : { "a" : 1 } , "b" : [] }"#,
        "\t\r\n 1 ",
        &deep,
    ] {
        assert_eq!(archive_with(sound), Ok(()), "{sound}");
        assert!(serde_json::from_str::<serde_json::Value>(sound).is_ok(), "{sound}");
    }
}

#[test]
fn texts_that_are_not_json_are_refused() {
    let deep = format!("{}0{}", "[".repeat(126), "]".repeat(126));
    for unsound in [
        "",
        "nul",
        "True",
        "01",
        "-",
        "+1",
        "1.",
        ".5",
        "1e",
        "1e400",
        "-1e400",
        "0x1",
        "NaN",
        "1 2",
        "\"",
        "\"\n\"",
        r#""\x""#,
        r#""\u12""#,
        r#""\u12g4""#,
        r#""\ud800""#,
        r#""\udc00""#,
        r#""\ud800\u0041""#,
        r#""\ud800x""#,
        "[",
        "[1",
        "[1,",
        "[1,]",
        "[1 2]",
        "[}",
        "{",
        "{1:2}",
        r#"{"a"}"#,
        r#"{"a":1,}"#,
        r#"{"a":1 "b":2}"#,
        r#"{"a":1,"a":1}"#,
        r#"{"a":1,"\u0061":1}"#,
        &deep,
        "\u{feff}1",
        "\u{a0}1",
    ] {
        let refusal = archive_with(unsound).expect_err(unsound);
        assert!(refusal.contains("JSON"), "{unsound}: {refusal}");
    }
}

/// The header's bytes, where they are not even text.
#[test]
fn bytes_that_are_not_utf_8_are_refused() {
    for bytes in [&b"\xff"[..], b"\xc0\x80", b"\xed\xa0\x80"] {
        let text = [ENTRY, br#","later":""#, bytes, br#""}}"#].concat();
        assert!(decode_archive(&with_text(&text, &[empty()]).file()).is_err(), "{bytes:?}");
    }
}
