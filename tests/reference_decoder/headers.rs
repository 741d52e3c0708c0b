//! Headers that are changed by hand and by chance: the library reads a file if and only if the
//! reference does.

use crate::archive::{source, sources};
use serde_json::{Value, json};
use support::assembler::archive::{Source, file_with_text, manifest, safetensors_header};
use support::fuzz::archive::agree;
use support::mutants::json_mutant;
use support::{Random, number};

/// The JSON of a sound file, and of the safetensors header that it holds.
struct Texts {
    sources: Vec<Source>,
    header: Value,
    source_header: String,
}

impl Texts {
    fn sound() -> Self {
        let sources = sources();
        let mut source_header = safetensors_header(&sources);
        source_header["__metadata__"] = json!({ "format": "pt", "a": "\u{1}é😀" });
        let mut header = manifest(&sources);
        header["metadata"] = source_header["__metadata__"].clone();
        header["file_name"] = json!("model.sft");
        Self { sources, header, source_header: source_header.to_string() }
    }

    /// The header that holds this safetensors header.
    fn around(&self, source_header: &str) -> String {
        let mut header = self.header.clone();
        header["safetensors_header"] = json!(source_header);
        header.to_string()
    }

    /// Returns whether both read the file with this header.
    fn both_read(&self, text: &str) -> bool {
        let file = file_with_text(text.as_bytes(), &self.sources);
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
    assert!(texts.both_read(&texts.header.to_string()));
    assert!(texts.both_read(&texts.around(&texts.source_header)));
}

/// Replacements in either header, and whether the file can be read after them.
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
    ("[30,100]", "[30,100,1]", false),
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
        let header = texts.around(&texts.source_header);
        // In the safetensors header alone quotes are escaped, so that these do not touch it.
        assert_eq!(texts.both_read(&changed(&header, from, to)), read, "{to} in the header");
        let source_header = changed(&texts.source_header, from, to);
        assert_eq!(texts.both_read(&texts.around(&source_header)), read, "{to} in the source's");
    }
}

fn changed(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from} is not in {text}");
    text.replacen(from, to, 1)
}

#[test]
fn members_of_the_header() {
    let texts = Texts::sound();
    for (member, value, read) in [
        ("safetensors_header", json!(null), false),
        ("safetensors_header", json!({}), false),
        ("safetensors_header", json!("{}"), false),
        ("metadata", json!(null), false),
        ("metadata", json!({}), true),
        ("metadata", json!({ "a": null }), false),
        ("metadata", json!([]), false),
        ("file_name", json!(null), false),
        ("file_name", json!(""), false),
        ("file_name", json!("."), false),
        ("file_name", json!(".."), false),
        ("file_name", json!("a/b"), false),
        ("file_name", json!("C:\\x"), false),
        ("file_name", json!("/etc/passwd"), false),
        ("file_name", json!("a\0"), false),
        ("file_name", json!("...sft"), true),
        ("tensors", json!(null), false),
        ("tensors", json!({}), false),
        ("later", json!(null), true),
    ] {
        let mut header = texts.header.clone();
        header[member] = value.clone();
        assert_eq!(texts.both_read(&header.to_string()), read, "{member} is {value}");
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
        let mut header = texts.header.clone();
        header["tensors"][0]["name"] = json!(name);
        assert_eq!(texts.both_read(&header.to_string()), read, "{name:?}");
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
    let mut header = manifest(&sources);
    for source_header in [text(&also, &empty), text(&empty, &also)] {
        header["safetensors_header"] = json!(source_header);
        let file = file_with_text(header.to_string().as_bytes(), &sources);
        assert!(agree(&file), "{source_header}");
    }
}

fn changes_by_chance(seed: u64, header: impl Fn(&Texts, &mut Random) -> String) {
    let (texts, mut random) = (Texts::sound(), Random::new(seed));
    let mut read = [0; 2];
    for _ in 0..number("WCODEC_MUTANTS", 10_000) {
        let text = header(&texts, &mut random);
        // A longer header would move the blobs.
        if text.len() <= 3000 {
            read[usize::from(texts.both_read(&text))] += 1;
        }
    }
    println!("{} refused, {} read", read[0], read[1]);
    assert!(read.iter().all(|&count| count > 10), "{read:?}");
}

#[test]
fn changes_by_chance_in_the_header() {
    changes_by_chance(1, |texts, random| json_mutant(&texts.header.to_string(), random));
}

#[test]
fn changes_by_chance_in_the_source_header() {
    changes_by_chance(2, |texts, random| texts.around(&json_mutant(&texts.source_header, random)));
}
