//! Headers that are changed by hand and by chance: the library reads a file if and only if the
//! reference does.

use crate::archive::{source, sources};
use serde_json::{Value, json};
use support::assembler::archive::{Source, safetensors_header, with_text};
use support::forged::{FILE_NAME, Forged, LENGTHS, SOURCE};
use support::fuzz::archive::agree;
use support::mutants::json_mutant;
use support::{Random, number};

/// The text of a sound file, and its tensors.
struct Texts {
    sources: Vec<Source>,
    text: Value,
}

impl Texts {
    fn sound() -> Self {
        let sources = sources();
        let mut text = safetensors_header(&sources);
        text["__metadata__"] = json!({ "format": "pt", "a": "\u{1}é😀" });
        Self { sources, text }
    }

    /// Returns whether both read the file with this text.
    fn both_read(&self, text: &str) -> bool {
        self.both_read_with(text, |_| ())
    }

    /// The same after a change of the other parts.
    fn both_read_with(&self, text: &str, change: impl FnOnce(&mut Forged)) -> bool {
        let mut forged = with_text(text.as_bytes(), &self.sources);
        change(&mut forged);
        let file = forged.file();
        let both = std::panic::catch_unwind(|| agree(&file));
        both.unwrap_or_else(|panic| {
            println!("{text}");
            std::panic::resume_unwind(panic)
        })
    }
}

#[test]
fn sound_headers_are_read() {
    let texts = Texts::sound();
    assert!(texts.both_read(&texts.text.to_string()));
    assert!(texts.both_read(&format!("{}  ", texts.text)));
}

/// Replacements in the text, and whether the file can be read after them.
const CHANGES: [(&str, &str, bool); 39] = [
    // A dtype is a string.
    (r#""dtype":"BF16""#, r#""dtype":{"BF16":null}"#, false),
    (r#""dtype":"BF16""#, r#""dtype":["BF16"]"#, false),
    (r#""dtype":"BF16""#, r#""dtype":"bf16""#, false),
    (r#""dtype":"BF16""#, r#""dtype":"\u0042F16""#, true),
    (r#""dtype":"BF16""#, r#""dtype":"BF16","later":{"U8":[]}"#, true),
    // An extent is an integer, as it is written.
    ("[30,100]", "[30,100.0]", false),
    ("[30,100]", "[30,1e2]", false),
    ("[30,100]", "[-0,100]", false),
    ("[30,100]", "[\"30\",100]", false),
    ("[30,100]", "[30,100,1]", true),
    ("[30,100]", "[ 30 , 100 ]", true),
    ("[30,100]", "{\"0\":30}", false),
    ("[30,100]", "null", false),
    ("[30,100]", "[18446744073709551616,100]", false),
    // A member has one value, however its name is written.
    (r#""shape":[]"#, r#""shape":[],"shape":[]"#, false),
    (r#""shape":[]"#, r#""shape":[],"sh\u0061pe":[]"#, false),
    (r#""shape":[]"#, r#""sh\u0061pe":[]"#, true),
    (r#""shape":[]"#, r#""shape":[],"x":{"a":1,"\u0061":2}"#, false),
    (r#""shape":[]"#, r#""shape":[],"x":{"a":{"a":1}}"#, true),
    (r#""shape":[]"#, r#""Shape":[]"#, false),
    // All text is Unicode, and all numbers are.
    (r#""shape":[]"#, r#""shape":[],"x":"\ud800""#, false),
    (r#""shape":[]"#, r#""shape":[],"\udc00":0"#, false),
    (r#""shape":[]"#, r#""shape":[],"x":"\ud83d\ude00""#, true),
    (r#""shape":[]"#, r#""shape":[],"x":1e308"#, true),
    (r#""shape":[]"#, r#""shape":[],"x":1e309"#, false),
    (r#""shape":[]"#, r#""shape":[],"x":[-1e999]"#, false),
    (r#""shape":[]"#, r#""shape":[],"x":01"#, false),
    (r#""shape":[]"#, r#""shape":[],"x":+1"#, false),
    (r#""shape":[]"#, r#""shape":[],"x":.5"#, false),
    (r#""shape":[]"#, r#""shape":[],"x":NaN"#, false),
    (r#""shape":[]"#, r#""shape":[],"x":"	""#, false),
    (r#""shape":[]"#, r#""shape":[],"x":"\x41""#, false),
    (r#""shape":[]"#, r#""shape":[],"x":tru"#, false),
    (r#""shape":[]"#, r#""shape":[],"x":[1,]"#, false),
    (r#""shape":[]"#, r#""shape":[],"#, false),
    (r#""shape":[]"#, r#""shape" :[]"#, true),
    // Names are compared as text.
    (r#""format":"pt""#, r#""format":"\u0070t""#, true),
    (r#""format":"pt""#, r#""format":null"#, false),
    (r#""format":"pt""#, r#""format":"pt","format":"pt""#, false),
];

#[test]
fn changes_by_hand() {
    let texts = Texts::sound();
    for (from, to, read) in CHANGES {
        let text = changed(&texts.text.to_string(), from, to);
        assert_eq!(texts.both_read(&text), read, "{to}");
    }
}

fn changed(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from} is not in {text}");
    text.replacen(from, to, 1)
}

/// What stands for numbers in the text, and for a longer one; whether both read it.
#[test]
fn short_texts() {
    let entry = |name: &str, offsets: &str| {
        format!("\"{name}\":{{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[{offsets}]}}")
    };
    let both = |short: &str, text_len: usize| {
        let mut forged = Forged::of_text(short);
        forged.text_len = Some(text_len);
        forged.fields = vec![(LENGTHS, vec![0; 3])];
        forged.sums = vec![0; 36];
        // Three tensors without blobs: no reader gets beyond the header.
        let why = reference::decode_archive(&forged.file()).err().expect("it has no blobs");
        let read = agree(&forged.file());
        assert!(!read);
        why
    };
    let text = |names: [&str; 3], offsets: &str| {
        let [a, b, c] = names.map(|name| entry(name, offsets));
        format!("{{{a},{b},{c}}}")
    };
    let plain = text(["a.0", "a.1", "a.2"], "0,0");
    let short = text(["a.0", "a.\u{3}", "a.\u{3}"], "\u{1}0");
    let expected = both(&plain, plain.len());
    assert_eq!(both(&short, plain.len()), expected);
    for (names, offsets, named) in [
        (["a.\u{2}", "a.1", "a.2"], "0,0", "number 0 has no counterpart"),
        (["a.\u{3}", "a.1", "a.2"], "0,0", "number 0 has no counterpart"),
        (["a.00", "a.\u{3}", "a.2"], "0,0", "number 0 has no counterpart"),
        (["a", "a.1.\u{2}.\u{2}.\u{2}.\u{2}.\u{2}", "a.2"], "0,0", "has no counterpart"),
        (["a.18446744073709551615", "a.\u{3}", "a.2"], "0,0", "number 0 has no counterpart"),
        (["a.0", "a.1", "a.2"], "\u{1}", "after a byte 1"),
        (["a.0", "a.1", "a.2"], "\u{1}00", "after a byte 1"),
        (["a.0", "a.1", "a.2"], "\u{1}9223372036854775808", "not below 2^64"),
        (["a.0", "a.1", "a.2"], "\u{1}18446744073709551616", "after a byte 1"),
    ] {
        let short = text(names, offsets);
        let why = both(&short, short.len());
        assert!(why.contains(named), "expected {named:?} in {why:?}");
    }
    for len in [plain.len() - 1, plain.len() + 1] {
        assert!(both(&short, len).contains("bytes"), "{len}");
    }
}

#[test]
fn metadata() {
    let texts = Texts::sound();
    for (value, read) in [
        (json!(null), true),
        (json!({}), true),
        (json!({ "a": null }), false),
        (json!({ "a": 1 }), false),
        (json!([]), false),
        (json!("a"), false),
    ] {
        let mut text = texts.text.clone();
        text["__metadata__"] = value.clone();
        assert_eq!(texts.both_read(&text.to_string()), read, "{value}");
    }
}

#[test]
fn fields() {
    let texts = Texts::sound();
    let field = |tag: u8, content: &[u8], read: bool| {
        let put = |forged: &mut Forged| {
            let at = forged.fields.iter().take_while(|field| field.0 < tag).count();
            forged.fields.insert(at, (tag, content.to_vec()));
        };
        let text = texts.text.to_string();
        assert_eq!(texts.both_read_with(&text, put), read, "{tag}: {content:?}");
    };
    for name in ["", ".", "..", "a/b", "C:\\x", "/etc/passwd", "a\0"] {
        field(FILE_NAME, name.as_bytes(), false);
    }
    field(FILE_NAME, "größe...sft".as_bytes(), true);
    field(FILE_NAME, b"\xff", false);
    field(SOURCE, b"", true);
    field(SOURCE, b"\0", false);
    // No tensor here is one of another file, or coded against one.
    for tag in 6..=8 {
        field(tag, b"later", false);
    }
    for tag in 9..=255 {
        field(tag, b"later", tag < 128);
    }
}

#[test]
fn names_of_tensors() {
    let texts = Texts::sound();
    for (name, read) in [
        ("", true),
        (".", true),
        ("...", true),
        ("a..b", true),
        ("a/b/", true),
        ("a//b", true),
        ("dense/kernel:0", true),
        ("w:0", true),
        ("C:x", true),
        ("é:/x", true),
        ("..", false),
        ("a/..", false),
        ("..\\a", false),
        ("a\0", false),
        ("/etc/passwd", false),
        ("/", false),
        ("\\x", false),
        ("//server/share", false),
        ("\\\\?\\C:\\x", false),
        ("C:\\x", false),
        ("c:/x", false),
        ("empty", false),
    ] {
        let text = texts.text.to_string().replacen("\"matrix\"", &json!(name).to_string(), 1);
        assert_eq!(texts.both_read(&text), read, "{name:?}");
    }
}

/// Tensors without bytes may be listed in any order where they lie at one place.
#[test]
fn empty_tensors_in_another_order() {
    let mut sources = sources();
    sources.insert(2, source("also empty", "U8", &[0], 0));
    let source_header = safetensors_header(&sources);
    let (also, empty) = (source_header["also empty"].clone(), source_header["empty"].clone());
    assert_eq!(also["data_offsets"], empty["data_offsets"]);
    let text = |first: &str, second: &str| {
        let rest = source_header.to_string();
        let rest = rest.replace(&format!(r#""also empty":{also},"empty":{empty},"#), "");
        assert!(!rest.contains("empty"), "{rest}");
        rest.replacen('{', &format!("{{{first},{second},"), 1)
    };
    let also = format!(r#""also empty":{also}"#);
    let empty = format!(r#""empty":{empty}"#);
    for text in [text(&also, &empty), text(&empty, &also)] {
        let file = with_text(text.as_bytes(), &sources).file();
        assert!(agree(&file), "{text}");
    }
}

#[test]
fn changes_by_chance() {
    let (texts, mut random) = (Texts::sound(), Random::new(1));
    let mut read = [0; 2];
    for _ in 0..number("WCODEC_MUTANTS", 20_000) {
        let text = json_mutant(&texts.text.to_string(), &mut random);
        read[usize::from(texts.both_read(&text))] += 1;
    }
    println!("{} refused, {} read", read[0], read[1]);
    assert!(read.iter().all(|&count| count > 10), "{read:?}");
}
