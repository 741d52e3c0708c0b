//! `wcodec analyze`: its figures on data whose entropy is known, its JSON, its drawings.

use serde_json::Value;
use std::fs;
use std::path::Path;
use support::Random;
use support::program::printed;
use support::safetensors_source::{file, put, small_model};
use tempfile::TempDir;

#[track_caller]
fn wcodec(folder: &Path, arguments: &[&str]) -> String {
    printed(env!("CARGO_BIN_EXE_wcodec"), folder, arguments)
}

#[track_caller]
fn analysis(folder: &Path, input: &str) -> Value {
    serde_json::from_str(&wcodec(folder, &["analyze", "--json", input])).unwrap()
}

#[track_caller]
fn assert_near(value: &Value, expected: f64) {
    let value = value.as_f64().unwrap_or_else(|| panic!("{value} is no number"));
    assert!((value - expected).abs() < 1e-9, "{value} is not {expected}");
}

/// Two layers of 64 rows of 512: in the even rows all of 16 values equally often, in the odd rows
/// two of them.
fn two_kinds_of_rows() -> Vec<u8> {
    let row = |row: usize| {
        (0..512).map(move |n: usize| (if row.is_multiple_of(2) { n % 16 } else { n % 2 }) as u8)
    };
    let layer: Vec<u8> = (0..64).flat_map(row).collect();
    let entry = |layer: usize| {
        let (start, end) = (layer * 32768, (layer + 1) * 32768);
        format!(
            "\"h.{layer}.w\":{{\"dtype\":\"I8\",\"shape\":[64,512],\"data_offsets\":[{start},{end}]}}"
        )
    };
    file(&format!("{{{},{}}}", entry(0), entry(1)), &layer.repeat(2))
}

#[test]
fn figures_are_those_of_the_definition() {
    let folder = TempDir::new().unwrap();
    put(folder.path(), "m.safetensors", &two_kinds_of_rows());
    let report = analysis(folder.path(), "m.safetensors");
    assert_eq!(report["weights"], 2 * 32768);
    let [kind] = report["kinds"].as_array().unwrap().as_slice() else { panic!("one kind") };
    assert_eq!((&kind["kind"], &kind["tensors"]), (&"h.*.w".into(), &2.into()));

    let bits = &report["tensors"][1]["bits_per_weight"];
    assert_near(&bits["original"], 8.0);
    assert_near(&bits["raw"], 0.0);
    // 0 and 1: a quarter and a 32nd of all each; the others a 32nd.
    let often: f64 = 0.25 + 1.0 / 32.0;
    let limit = 2.0 * -often * often.log2() + 14.0 / 32.0 * 32f64.log2();
    assert_near(&bits["limit"], limit);
    assert_near(&bits["predictors"]["None"], limit);
    // Rows of one kind share a table of 4 bits, those of the other one of 1 bit; and each says
    // which of 4 tables it has.
    let by_row = bits["tables_by_row"]["4"].as_f64().unwrap();
    assert!((2.5..2.55).contains(&by_row), "{by_row}");
    // A row's neighbour to the left tells all within it, as far as the kind of row is known.
    assert!(bits["given_left"].as_f64().unwrap() < 1.0);
    // Eight tiles of eight rows: an index entry each and one for the end, padded to 16 bytes.
    assert_near(&bits["codecs"]["Raw"], (32768.0 + 64.0 + 9.0 * 12.0 + 4.0) / 4096.0);
}

/// The limit of `inspect` and that of `analyze` are one: raw bytes count by their entropy in both.
#[test]
fn there_is_one_limit() {
    let folder = TempDir::new().unwrap();
    // Exponents of one bit of entropy, and mantissas of which a fourth part is zero.
    let weight = |n: usize| {
        let mantissa = if n.is_multiple_of(4) { 0 } else { n * 37 % 128 } as u16;
        (0x3F00 | (n as u16 % 2) << 7 | mantissa).to_le_bytes()
    };
    let data: Vec<u8> = (0..40_000).flat_map(weight).collect();
    let header = r#"{"w":{"dtype":"BF16","shape":[40000],"data_offsets":[0,80000]}}"#;
    put(folder.path(), "m.safetensors", &file(header, &data));
    let report = analysis(folder.path(), "m.safetensors");
    wcodec(folder.path(), &["-q", "compress", "m.safetensors"]);
    let inspected = wcodec(folder.path(), &["inspect", "--json", "m.wcodec"]);
    let inspected: Value = serde_json::from_str(&inspected).unwrap();
    let bytes = inspected[0]["tensors"][0]["entropy_limit_bytes"].as_f64().unwrap();
    let bits = &report["tensors"][0]["bits_per_weight"];
    let limit = bits["limit"].as_f64().unwrap() * 40_000.0 / 8.0;
    assert!((limit.ceil() - bytes).abs() < 1.0, "{limit} and {bytes}");
    assert!(bits["raw_entropy"].as_f64().unwrap() < 0.9 * bits["raw"].as_f64().unwrap());
}

#[test]
fn an_archive_is_analysed_as_what_it_holds() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    put(folder, "model.safetensors", &small_model());
    let mut plain = analysis(folder, "model.safetensors");
    wcodec(folder, &["-q", "compress", "--rm", "model.safetensors"]);
    let compressed = analysis(folder, "model.wcodec");
    plain["input"] = "model.wcodec".into();
    assert_eq!(compressed, plain);
    // The whole folder is that one file.
    assert_eq!(analysis(folder, ".")["tensors"], plain["tensors"]);
}

#[test]
fn text_and_drawings_name_every_kind() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    put(folder, "model.safetensors", &small_model());
    let text = wcodec(folder, &["analyze", "model.safetensors", "--plot", "plots"]);
    for part in
        ["embed.weight BF16 x1", "layer.*.weight I8 x1", "Prediction:", "Clustering:", "Raw bits:"]
    {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    // As many names as figures.
    let columns = |line: &str| line.split_whitespace().count();
    let table = text.split("Plane codecs").nth(1).unwrap();
    let names = table.lines().find(|line| line.contains("tanscrumb")).unwrap();
    let figures = table.lines().find(|line| line.starts_with("all ")).unwrap();
    assert_eq!(columns(figures), 1 + columns(names), "{table}");
    let by_tensor = wcodec(folder, &["analyze", "model.safetensors", "--tensors"]);
    assert!(by_tensor.contains("layer.0.weight") && !by_tensor.contains("layer.*"), "{by_tensor}");
    for (name, word) in [
        ("kinds.svg", "layer.*.weight"),
        ("models.svg", "predictor Planar"),
        ("tables.svg", "by row"),
        ("codecs.svg", "TansNib"),
    ] {
        let drawing = fs::read_to_string(folder.join("plots").join(name)).unwrap();
        assert!(drawing.contains(word), "{name}: {drawing}");
    }
}

#[test]
fn checkpoints_without_weights_are_no_trouble() {
    let folder = TempDir::new().unwrap();
    let header = "{\"none\":{\"dtype\":\"F32\",\"shape\":[0,4],\"data_offsets\":[0,0]}}";
    put(folder.path(), "empty.safetensors", &file(header, &[]));
    put(folder.path(), "nothing.safetensors", &file("{}", &[]));
    for name in ["empty.safetensors", "nothing.safetensors"] {
        let text = wcodec(folder.path(), &["analyze", name, "--plot", "plots"]);
        assert!(text.contains("0 weights") && !text.contains("Prediction:"), "{text}");
    }
}

/// 64 rows of 512 BF16 weights: noise, from a seed.
fn noise(seed: u64) -> Vec<u16> {
    let mut random = Random::new(seed);
    (0..64 * 512).map(|_| random.below(1 << 16) as u16).collect()
}

fn weights(tensors: &[(&str, &[u16])]) -> Vec<u8> {
    let mut data = Vec::new();
    let mut member = |(name, weights): &(&str, &[u16])| {
        let start = data.len();
        data.extend(weights.iter().flat_map(|weight| weight.to_le_bytes()));
        let (rows, end) = (weights.len() / 512, data.len());
        format!(
            r#""{name}":{{"dtype":"BF16","shape":[{rows},512],"data_offsets":[{start},{end}]}}"#
        )
    };
    let header = tensors.iter().map(&mut member).collect::<Vec<_>>().join(",");
    file(&format!("{{{header}}}"), &data)
}

/// A base, and a version of it: a tensor is the same, one is new, and of one each fourth weight is
/// one step further on.
fn base_and_version(folder: &Path) {
    let (same, old, new) = (noise(1), noise(2), noise(3));
    let step = |(at, &weight): (usize, &u16)| weight.wrapping_add(at.is_multiple_of(4).into());
    let moved: Vec<u16> = old.iter().enumerate().map(step).collect();
    put(folder, "base.safetensors", &weights(&[("moved", &old), ("same", &same)]));
    let version = [("same", &same[..]), ("moved", &moved), ("new", &new[..512 * 40])];
    put(folder, "version.safetensors", &weights(&version));
}

#[test]
fn a_base_tells_what_each_tensor_takes_against_it() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    base_and_version(folder);
    let with_base = |input: &str| -> Value {
        let arguments = ["analyze", "--json", input, "--base", "base.safetensors"];
        serde_json::from_str(&wcodec(folder, &arguments)).unwrap()
    };
    let report = with_base("version.safetensors");
    let alone = analysis(folder, "version.safetensors");
    wcodec(folder, &["-q", "compress", "version.safetensors", "--base", "base.safetensors"]);
    let inspected = wcodec(folder, &["inspect", "--json", "version.wcodec"]);
    let inspected: Value = serde_json::from_str(&inspected).unwrap();
    // One of four differences is 2, all others are 0; the tensor that is new has no others.
    let limit = 0.25 * 4f64.log2() - 0.75 * 0.75f64.log2();
    let limits = [Some(0.0), Some(limit), None];
    for (number, (tensor, limit)) in
        report["tensors"].as_array().unwrap().iter().zip(limits).enumerate()
    {
        let (weights, bits) = (tensor["weights"].as_u64().unwrap(), &tensor["bits_per_weight"]);
        let matched = if limit.is_some() { weights } else { 0 };
        assert_eq!(tensor["matched_weights"], matched, "tensor {number}");
        let against = &bits["against_bases"];
        let before = &alone["tensors"][number]["bits_per_weight"];
        assert_eq!(against["alone"], before["stored"], "tensor {number}");
        let own = before["limit"].as_f64().unwrap();
        assert_near(&against["limit"], limit.unwrap_or(own));
        let stored = inspected[0]["tensors"][number]["stored_bytes"].as_f64().unwrap();
        assert_near(&against["against"], 8.0 * stored / weights as f64);
        assert_eq!(bits["stored"], against["against"], "tensor {number}");
    }
    assert_eq!(report["matched_weights"], 2 * 64 * 512);
    // The archive tells the same of what it holds.
    let archived = with_base("version.wcodec");
    assert_eq!(archived["tensors"], report["tensors"]);
    assert!(alone["tensors"][0]["bits_per_weight"].get("against_bases").is_none());
}

#[test]
fn the_table_of_a_base_is_there_with_one() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    base_and_version(folder);
    let arguments = ["analyze", "version.safetensors", "--tensors", "--base", "base.safetensors"];
    let text = wcodec(folder, &arguments);
    let table = text.split("\nBases:").nth(1).unwrap();
    let line = |name: &str| -> Vec<&str> {
        let line = table.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().skip(1).collect()
    };
    let same = line("same ");
    assert_eq!((same[0], &same[2..]), ("100.0%", &["0.000", "0.000", "-", "-"][..]));
    let (moved, new) = (line("moved "), line("new "));
    assert_eq!((moved[0], moved[3], new[0]), ("100.0%", "0.811", "0.0%"));
    assert_eq!(new[1], new[2], "alone and against");
    assert!(!wcodec(folder, &arguments[..3]).contains("Bases:"));
}
