//! Control characters and invisible ones, in every place that a file or a path can bring them to.

use crate::{BAD_DATA, COULD_NOT, DONE, run, wcodec};
use serde_json::Value;
use std::fs;
use support::pty;
use support::safetensors_source::{file, file_of, put};
use tempfile::TempDir;

/// Sets the terminal's title, erases a line, turns the direction round, and breaks the line.
const EVIL: &str = "x\u{1b}]0;X\u{7}\u{9b}2K\u{202e}y\nz\u{2066}";
/// The same in JSON.
const EVIL_JSON: &str = r"x\u001b]0;X\u0007\u009b2K\u202ey\nz\u2066";
const ESCAPED: &str = r"x\u{1b}]0;X\u{7}\u{9b}2K\u{202e}y\u{a}z\u{2066}";

#[track_caller]
fn is_harmless(what: &str, said: &str) {
    let harmful = ['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}', '\u{2066}', '\r'];
    assert!(!said.contains(harmful), "{what}: {said:?}");
}

#[track_caller]
fn says_escaped(what: &str, said: &str) {
    is_harmless(what, said);
    assert!(said.contains(ESCAPED), "{what}: {said:?}");
}

/// A model with an evil name, whose tensor and metadata have one too.
fn evil_folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    let metadata = format!(r#"{{"{EVIL_JSON}":"{EVIL_JSON}"}}"#);
    let model = file_of(&[(EVIL_JSON, "U8", "[600]", 600)], Some(&metadata));
    put(folder.path(), &format!("{EVIL}.safetensors"), &model);
    folder
}

#[test]
fn names_of_files_and_tensors() {
    let folder = evil_folder();
    let folder = folder.path();
    let [source, archive, out] = ["safetensors", "wcodec", "out"].map(|e| format!("{EVIL}.{e}"));
    let log = |arguments: &[&str]| run(folder, &[&["-vv"], arguments].concat(), DONE).1;
    says_escaped("compress", &log(&["compress", &source, "-o", &archive]));
    says_escaped("verify", &log(&["verify", &archive]));
    says_escaped("decompress", &log(&["decompress", &archive, "-o", &out]));
    assert_eq!(fs::read(folder.join(&out)).unwrap(), fs::read(folder.join(&source)).unwrap());
    for arguments in
        [&["inspect", &archive][..], &["analyze", &archive], &["analyze", &source, "--tensors"]]
    {
        let (table, said) = run(folder, arguments, DONE);
        says_escaped("a table", &table);
        is_harmless("what is said beside it", &said);
    }
}

#[test]
fn json_stays_json() {
    let folder = evil_folder();
    let folder = folder.path();
    let [source, archive] =
        ["safetensors", "wcodec"].map(|extension| format!("{EVIL}.{extension}"));
    run(folder, &["compress", &source], DONE);
    let json = |arguments: &[&str]| -> Value {
        let (printed, _) = run(folder, arguments, DONE);
        is_harmless("JSON", &printed);
        serde_json::from_str(&printed).unwrap()
    };
    let inspected = json(&["inspect", "--json", &archive]);
    assert_eq!(inspected[0]["file"], *archive);
    assert_eq!(inspected[0]["tensors"][0]["name"], EVIL);
    let analyzed = json(&["analyze", "--json", &archive]);
    assert_eq!(analyzed["input"], *archive);
    assert_eq!(analyzed["tensors"][0]["name"], EVIL);
}

#[test]
fn errors() {
    let folder = evil_folder();
    let folder = folder.path();
    let evil = format!("{EVIL}.safetensors");
    says_escaped("not an archive", &run(folder, &["verify", &evil], BAD_DATA).1);
    says_escaped("not there", &run(folder, &["compress", EVIL], COULD_NOT).1);
    says_escaped(
        "no folder",
        &run(folder, &["compress", &evil, "-o", &format!("{EVIL}/x/y")], COULD_NOT).1,
    );
    run(folder, &["compress", &evil], DONE);
    says_escaped("there already", &run(folder, &["compress", &evil], COULD_NOT).1);
    // Not as they are even by what reads the arguments, of which a shell makes names of files.
    for arguments in [&[EVIL][..], &["verify", "a", EVIL], &[&format!("--{EVIL}")], &["-T", EVIL]] {
        is_harmless("arguments", &run(folder, arguments, COULD_NOT).1);
    }
}

#[test]
fn strings_of_headers() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    let member = |name: &str, dtype: &str| {
        format!(r#""{name}":{{"dtype":"{dtype}","shape":[1],"data_offsets":[0,1]}}"#)
    };
    for header in [
        format!("{{{}}}", member("a", EVIL_JSON)),
        format!("{{{},{}}}", member(EVIL_JSON, "U8"), member(EVIL_JSON, "U8")),
        format!(r#"{{"__metadata__":{{"{EVIL_JSON}":1}}}}"#),
        format!(r#"{{"a":{{"{EVIL_JSON}":1}}}}"#),
        format!(r#"{{"a":"{EVIL_JSON}"}}"#),
    ] {
        put(folder, "m.safetensors", &file(&header, b"x"));
        is_harmless(&header, &run(folder, &["compress", "m.safetensors"], BAD_DATA).1);
    }
}

#[test]
fn the_bar_and_the_log_on_a_terminal() {
    let folder = TempDir::new().unwrap();
    let large = file_of(&[(EVIL_JSON, "I8", "[4096,512]", 4096 * 512)], None);
    put(folder.path(), &format!("{EVIL}.safetensors"), &large);
    let compress = ["-vv", "compress", &format!("{EVIL}.safetensors"), "--device", "cpu"];
    let (status, sent) = pty::run(wcodec(folder.path(), &compress));
    assert_eq!(status.code(), Some(DONE), "{sent}");
    // The bar itself and the colours are sequences: but none of those in the name.
    let harmful = ["\u{1b}]", "\u{7}", "\u{9b}", "\u{202e}", "\u{2066}", "y\nz", "y\r\nz"];
    assert!(!harmful.iter().any(|harmful| sent.contains(harmful)), "{sent:?}");
    assert!(sent.contains(ESCAPED) && sent.contains("\u{1b}["), "{sent:?}");
}

/// Every line of a table is bounded, whatever the file says.
#[test]
fn cells_are_cut() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    let ones = format!("[{}]", vec!["1"; 30_000].join(","));
    let long_name = "n".repeat(4000);
    let small: Vec<String> = (0..300).map(|number| format!("small.{number}")).collect();
    let mut tensors = vec![("deep", "U8", ones.as_str(), 1), (&long_name, "U8", "[2]", 2)];
    tensors.extend(small.iter().map(|name| (name.as_str(), "U8", "[1]", 1)));
    put(folder, "m.safetensors", &file_of(&tensors, None));
    run(folder, &["-q", "compress", "m.safetensors"], DONE);
    for arguments in [
        &["inspect", "m.wcodec"][..],
        &["analyze", "m.wcodec"],
        &["analyze", "--tensors", "m.wcodec"],
    ] {
        let (table, said) = run(folder, arguments, DONE);
        let longest = table.lines().map(|line| line.chars().count()).max();
        assert!(longest < Some(400), "{arguments:?}: {longest:?}");
        assert!(table.contains("nnn…nnn"), "{arguments:?}");
        assert!(said.is_empty(), "{said}");
    }
    assert!(run(folder, &["inspect", "m.wcodec"], DONE).0.contains("30000 extents"));
    let (json, _) = run(folder, &["inspect", "m.wcodec", "--json"], DONE);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json[0]["tensors"][0]["shape"].as_array().unwrap().len(), 30_000);
    assert_eq!(json[0]["tensors"][1]["name"], long_name);
}
