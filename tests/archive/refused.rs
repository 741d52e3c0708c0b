//! Headers that are sound by their checksums alone are refused.

use super::Folder;
use support::forged::{FILE_NAME, Forged, LENGTHS, SOURCE, planes};
use wcodec::{Archive, Error};

const GOOD_ENTRY: &str = r#""a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}"#;

/// A file with one tensor and this text.
fn forge_text(text: &str) -> Forged {
    let mut forged = Forged::of_text(text);
    forged.blobs = b"blob".to_vec();
    forged.fields.push((LENGTHS, planes(&[4])));
    forged.sums = [crc32c::crc32c(b"blob").to_le_bytes().to_vec(), vec![0; 8]].concat();
    forged
}

#[test]
fn a_sound_entry_is_read() {
    let archive = Folder::new().open(&forge_text(&format!("{{{GOOD_ENTRY}}}")).file()).unwrap();
    assert_eq!(archive.tensors()[0].byte_len(), 4);
    assert_eq!(*archive.read_blob(&archive.tensors()[0]).unwrap(), *b"blob");
}

#[test]
fn unsound_entries_are_refused() {
    let folder = Folder::new();
    for (from, to) in [
        ("U8", "U7"),
        ("U8", "u8"),
        ("\"U8\",\"shape\":[4]", "\"F4\",\"shape\":[3]"),
        ("[4]", "[18446744073709551615,2]"),
        ("[4]", "[4294967296,4294967296,4294967296]"),
        ("[4]", "[-1]"),
        ("[4]", "[4.0]"),
        ("[4]", "[18446744073709551616]"),
        ("[4]", "null"),
        ("[0,4]", "[0,5]"),
        ("[0,4]", "[1,5]"),
        ("[0,4]", "[4,0]"),
        ("[0,4]", "[0]"),
        ("[0,4]", "[0,4,4]"),
        ("[0,4]", "[]"),
        ("\"dtype\":\"U8\",", ""),
        ("\"dtype\":\"U8\"", "\"dtype\":\"U8\",\"dtype\":\"U8\""),
        ("\"a\"", "\"\\ud800\""),
        ("\"a\"", "a"),
    ] {
        assert!(GOOD_ENTRY.contains(from));
        let text = format!("{{{}}}", GOOD_ENTRY.replacen(from, to, 1));
        let error = folder.open(&forge_text(&text).file());
        assert!(matches!(error, Err(Error::Corrupt { .. })), "{from} -> {to}: {error:?}");
    }
}

#[test]
fn unsound_headers_are_refused() {
    let folder = Folder::new();
    for text in [
        "",
        "{",
        "[]",
        "{}x",
        "{\"__metadata__\":{\"a\":1}}",
        "{\"__metadata__\":{\"a\":\"1\",\"a\":\"1\"}}",
        "{\"__metadata__\":{},\"__metadata__\":{}}",
        "{\"__metadata__\":\"a\"}",
        "{\"x\":1}",
        "[[]]",
    ] {
        let error = folder.open(&Forged::of_text(text).file());
        assert!(matches!(error, Err(Error::Corrupt { .. })), "{text:.80}: {error:?}");
    }
    for text in [&b"\xff{}"[..], b"{\"__metadata__\":{\"x\":\"\xCE3\"}}"] {
        let error = folder.open(&Forged::of_text(text).file());
        assert!(matches!(error, Err(Error::Corrupt { .. })));
    }
    folder.open(&Forged::of_text("{}").file()).unwrap();
}

#[test]
fn fields_say_what_the_text_does_not() {
    let folder = Folder::new();
    let mut forged = Forged::of_text("{ }");
    let archive = folder.open(&forged.file()).unwrap();
    assert_eq!((archive.safetensors_header(), archive.file_name()), (None, None));
    forged.fields = vec![(SOURCE, vec![]), (FILE_NAME, b"ae.sft".to_vec()), (127, vec![1])];
    let archive = folder.open(&forged.file()).unwrap();
    assert_eq!((archive.safetensors_header(), archive.file_name()), (Some("{ }"), Some("ae.sft")));
    forged.fields.push((129, vec![1]));
    let error = folder.open(&forged.file()).unwrap_err();
    assert!(matches!(error, Error::UnknownFeature { number: 129, .. }), "{error}");
}

#[test]
fn names_are_unique() {
    let folder = Folder::new();
    for (other, accepted) in [("\"b\"", true), ("\"a\"", false), ("\"\\u0061\"", false)] {
        let entry = |name: &str| {
            let entry = GOOD_ENTRY.replace("\"a\"", name);
            entry.replace("[4]", "[0]").replace("[0,4]", "[0,0]")
        };
        let mut forged = Forged::of_text(format!("{{{},{}}}", entry("\"a\""), entry(other)));
        forged.fields.push((LENGTHS, planes(&[0, 0])));
        forged.sums = vec![0; 24];
        assert_eq!(folder.open(&forged.file()).is_ok(), accepted, "{other}");
    }
}

#[test]
fn what_is_no_archive_says_so() {
    let folder = Folder::new();
    let error = folder.open(&[b'x'; 1000]).unwrap_err().to_string();
    assert!(error.contains("does not begin with WCDC"), "{error}");
    let error = folder.open(&[b"\x10\0\0\0\0\0\0\0{".as_slice(), &[b' '; 90]].concat());
    assert!(error.unwrap_err().to_string().contains("safetensors file: compress it first"));
    for path in [folder.0.path(), &folder.0.path().join("missing")] {
        let error = Archive::open(path).unwrap_err();
        assert!(matches!(error, Error::Io { .. }) && !error.is_bad_data(), "{error}");
    }
}
