//! `wcodec bench`: its text and its report, on tiny inputs.

use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Output;
use support::program;
use support::safetensors_source::{file, put, small_model};
use tempfile::TempDir;
use wcodec::encode::PlaneCodec;

const WCODEC: &str = env!("CARGO_BIN_EXE_wcodec");

fn run(folder: &Path, arguments: &[&str]) -> Output {
    program::command(WCODEC, folder, arguments).output().unwrap()
}

/// Runs the program, which must succeed; returns its text.
#[track_caller]
fn printed(folder: &Path, arguments: &[&str]) -> String {
    program::printed(WCODEC, folder, arguments)
}

fn json(file: &Path) -> Value {
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

fn list<'a>(value: &'a Value, member: &str) -> &'a Vec<Value> {
    value[member].as_array().unwrap_or_else(|| panic!("{member} is no list in {value}"))
}

/// A median between a minimum above 0 and a maximum.
#[track_caller]
fn assert_spread(spread: &Value) {
    let [median, min, max] = ["median", "min", "max"].map(|name| spread[name].as_f64().unwrap());
    assert!(0.0 < min && min <= median && median <= max, "{spread}");
}

#[test]
fn a_file_is_measured_by_everybody_who_can() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    put(folder, "model.safetensors", &small_model());
    let arguments = ["bench", "model.safetensors", "--runs", "2", "--json", "out.json"];
    let text = printed(folder, &[&arguments[..], &["--profiles", "ratio,fast"]].concat());
    let report = json(&folder.join("out.json"));

    assert!(text.contains(report["machine"]["cpu"].as_str().unwrap()), "{text}");
    assert!(report["machine"]["threads"].as_u64().unwrap() > 0);
    let [input] = list(&report, "inputs").as_slice() else { panic!("one input") };
    assert_eq!(
        (&input["name"], &input["dtypes"]),
        (&"model.safetensors".into(), &"BF16+F32+I8".into())
    );
    assert_eq!(input["decoded_bytes"], 64 * 96 * 2 + 33 * 4 + 40 * 512);
    assert_spread(&input["cpu_copy"]);

    let peers = ["zstd -1", "zstd -3", "zstd -19", "lz4", "snappy"];
    for contender in ["wcodec ratio", "wcodec fast"].into_iter().chain(peers) {
        let is_his = |row: &&Value| row["contender"] == contender;
        let rows: Vec<&Value> = list(&report, "rows").iter().filter(is_his).collect();
        let not_run: Vec<&Value> = list(&report, "not_run").iter().filter(is_his).collect();
        assert!(text.contains(contender), "{contender}");
        if peers.contains(&contender) && !cfg!(feature = "peers") {
            assert_eq!((rows.len(), not_run.len()), (0, 1), "{contender}");
            assert!(not_run[0]["reason"].as_str().unwrap().contains("feature `peers`"));
            continue;
        }
        assert!(!rows.is_empty(), "{contender}");
        for row in rows {
            assert_spread(&row["encode"]);
            assert_spread(&row["decode"]);
            assert!((1..=2).contains(&row["decode"]["runs"].as_u64().unwrap()));
            let [ratio, before, after] = ["ratio", "decoded_bytes", "compressed_bytes"]
                .map(|name| row[name].as_f64().unwrap());
            // JSON is read to within the last bit.
            assert!((ratio - before / after).abs() < 1e-12, "{contender}: {row}");
        }
    }
}

#[test]
fn what_cannot_be_measured_is_refused() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    put(folder, "empty.safetensors", &file("{}", &[]));
    put(folder, "broken.safetensors", b"no safetensors file at all");
    for (arguments, status, said) in [
        (&["bench", "empty.safetensors"][..], 2, "no weights to measure"),
        (&["bench", "broken.safetensors"], 1, "is not a safetensors file"),
        (&["bench", "--set", "int3"], 2, "int8 s=28"),
        (&["bench", "--codecs", "const"], 2, "possible values: raw, tans8"),
        (&["bench", "--megabytes", "0"], 2, "at least 1 MB"),
    ] {
        let output = run(folder, arguments);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {message}");
        assert!(message.contains(said), "{arguments:?}: {message}");
    }
}

/// A codec that is added to the format can be forced, and is named where one is asked for.
#[test]
fn every_codec_can_be_forced_and_is_named() {
    let folder = TempDir::new().unwrap();
    let names = PlaneCodec::ALL.iter().filter(|codec| **codec != PlaneCodec::Const);
    let names: Vec<_> = names.map(|codec| format!("{codec:?}").to_lowercase()).collect();
    let help = printed(folder.path(), &["bench", "--help"]);
    let refused = run(folder.path(), &["bench", "--codecs", "none"]);
    let refusal = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success());
    for name in &names {
        assert!(help.contains(name), "{name} is not in {help}");
        assert!(refusal.contains(name), "{name} is not in {refusal}");
    }
    put(folder.path(), "m.safetensors", &small_model());
    let all = names.join(",");
    printed(
        folder.path(),
        &["bench", "m.safetensors", "--runs", "1", "--devices", "cpu", "--codecs", &all],
    );
}
