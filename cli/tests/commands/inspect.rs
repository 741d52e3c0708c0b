//! `wcodec inspect`: its table and its JSON.

use crate::{done, folder_with_archive};
use support::program::stderr;
use support::safetensors_source::{file_of, put};
use tempfile::TempDir;

#[test]
fn inspect_shows_every_tensor() {
    let folder = folder_with_archive();
    let output = done(folder.path(), &["inspect", "model.wcodec"]);
    let table = String::from_utf8_lossy(&output.stdout);
    for part in ["embed.weight", "BF16", "[64, 96]", "ratio", "limit", "3 tensors", "format 2.0"] {
        assert!(table.contains(part), "{part:?} is not in {table}");
    }
    assert!(output.stderr.is_empty(), "{}", stderr(&output));
}

#[test]
fn inspect_prints_json() {
    let folder = folder_with_archive();
    let json = |arguments: &[&str]| -> serde_json::Value {
        let arguments = [&["inspect", "--json"], arguments].concat();
        serde_json::from_slice(&done(folder.path(), &arguments).stdout).unwrap()
    };
    let archive = &json(&["model.wcodec"])[0];
    assert_eq!(archive["file"], "model.wcodec");
    assert_eq!(archive["version"], "2.0");
    let tensor = &archive["tensors"][0];
    assert_eq!(tensor["name"], "embed.weight");
    assert_eq!(tensor["shape"], serde_json::json!([64, 96]));
    assert_eq!(tensor["decoded_bytes"], 64 * 96 * 2);
    let [ratio, limit] =
        ["ratio", "entropy_limit_ratio"].map(|member| tensor[member].as_f64().unwrap());
    assert!(ratio > 1.0 && limit > 1.0, "{tensor}");
    assert_eq!(archive["totals"]["stored_bytes"], archive["file_bytes"]);

    let quick = json(&["model.wcodec", "--no-entropy"]);
    assert!(quick[0]["tensors"][0]["entropy_limit_ratio"].is_null());
    assert_eq!(json(&["."]).as_array().unwrap().len(), 1);
}

#[test]
fn names_that_a_terminal_would_obey_are_shown_escaped() {
    let folder = TempDir::new().unwrap();
    let source = file_of(&[("\\u001b[2Jgone", "U8", "[4]", 4)], None);
    put(folder.path(), "m.safetensors", &source);
    done(folder.path(), &["-q", "compress", "m.safetensors"]);
    let output = done(folder.path(), &["inspect", "m.wcodec"]);
    assert!(!output.stdout.contains(&0x1b));
}
