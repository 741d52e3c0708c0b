//! `wcodec-bench`: its text, its report, its drawings and the files that it removes, on tiny
//! inputs.

use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Output;
use support::program;
use support::safetensors_source::{put, small_model};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_wcodec-bench");

fn run(folder: &Path, arguments: &[&str]) -> Output {
    program::command(PROGRAM, folder, arguments).output().unwrap()
}

/// Runs the program, which must succeed; returns its text.
#[track_caller]
fn printed(folder: &Path, arguments: &[&str]) -> String {
    program::printed(PROGRAM, folder, arguments)
}

/// Names of files are shown, but nothing in them reaches the terminal that it would obey.
#[test]
fn hostile_names_are_escaped() {
    const NAME: &str = "\u{1b}]0;X\u{7}\u{202e}.safetensors";
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    let option = format!("--{NAME}");
    // One that is not there, and what the parser of arguments repeats.
    for (arguments, shown) in [
        (&["compare", NAME][..], "\\u{1b}]0;X\\u{7}\\u{202e}.safetensors"),
        (&["compare", &option], "\\u{202e}.safetensors"),
        (&["files", NAME], "\\u{202e}.safetensors"),
        (&[NAME], "\\u{202e}.safetensors"),
    ] {
        let output = run(folder, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(shown), "{said:?}");
        assert!(!said.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{said:?}");
    }
    put(folder, NAME, &small_model());
    let text = printed(folder, &["compare", NAME, "--runs", "1"]);
    assert!(text.contains("\\u{1b}]0;X\\u{7}\\u{202e}.safetensors"), "{text:?}");
    assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{text:?}");
}

#[test]
fn sets_are_measured_in_sizes_and_drawn() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    let text = printed(
        folder,
        &[
            "compare",
            "--set",
            "int8 s=8",
            "--megabytes",
            "1,2",
            "--runs",
            "1",
            "--contenders",
            "wcodec",
            "--devices",
            "cpu",
            "--codecs",
            "raw",
            "--plot",
            "plots",
            "--json",
            "out.json",
        ],
    );
    assert!(text.contains("not asked for"), "{text}");
    let report: Value =
        serde_json::from_slice(&fs::read(folder.join("out.json")).unwrap()).unwrap();
    let sizes: Vec<u64> = report["inputs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| i["decoded_bytes"].as_u64().unwrap())
        .collect();
    // Whole rows of 4096 bytes.
    assert_eq!(sizes, [245 * 4096, 489 * 4096]);
    for (name, word) in [
        ("decode-int8-s-8.svg", "wcodec balanced, CPU"),
        ("ratio-int8-s-8.svg", "wcodec Raw, CPU"),
        ("sizes-int8-s-8.svg", "2 MB"),
    ] {
        let drawing = fs::read_to_string(folder.join("plots").join(name)).unwrap();
        assert!(drawing.starts_with("<svg") && drawing.contains(word), "{name}: {drawing}");
    }
}

#[test]
fn whole_files_are_measured_and_removed() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    let options = ["--layout", "small", "--megabytes", "2", "--runs", "1", "--dir", "files"];
    let text = printed(folder, &[&["files"], &options[..]].concat());
    // Of 128 × 256 elements of two bytes.
    assert!(text.starts_with("31 tensors, 2031616 bytes"), "{text}");
    for row in ["compress, not verified: ", "compress: ", "decompress: ", "verify: "] {
        let line = text.lines().find(|line| line.starts_with(row)).expect(row);
        assert!(line.ends_with("of both"), "{line}");
    }
    assert!(!folder.join("files").exists(), "something was left behind");
}
