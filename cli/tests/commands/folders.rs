//! One notion of a folder, complete or not, and names that come back.

use crate::{BAD_DATA, COULD_NOT, done, fails, stderr};
use std::fs;
use std::path::Path;
use support::safetensors_source::{file, file_of, names, put, small_model, tree};
use tempfile::TempDir;

/// A folder of a model in parts, compressed.
fn folder_with_parts() -> TempDir {
    let folder = TempDir::new().unwrap();
    put(folder.path(), "mini/vae/ae.sft", &small_model());
    put(folder.path(), "mini/model", &file_of(&[("x", "F16", "[9]", 18)], None));
    put(folder.path(), "mini/tokenizer.json", b"{}");
    done(folder.path(), &["-q", "compress", "mini"]);
    folder
}

#[test]
fn files_of_any_name_go_there_and_back() {
    for (name, archive) in [
        ("model.safetensors", "model.wcodec"),
        ("ae.sft", "ae.sft.wcodec"),
        ("MODEL.SAFETENSORS", "MODEL.SAFETENSORS.wcodec"),
        ("weights", "weights.wcodec"),
        ("model.bin", "model.bin.wcodec"),
    ] {
        let folder = TempDir::new().unwrap();
        put(folder.path(), name, &small_model());
        done(folder.path(), &["-q", "compress", "--rm", name]);
        assert_eq!(names(folder.path()), [archive]);
        done(folder.path(), &["-q", "decompress", "--rm", archive]);
        assert_eq!(names(folder.path()), [name]);
        assert!(fs::read(folder.path().join(name)).unwrap() == small_model());
    }
}

#[test]
fn an_archive_by_another_name_restores_a_file_of_that_name() {
    let folder = TempDir::new().unwrap();
    put(folder.path(), "weights", &small_model());
    done(folder.path(), &["-q", "compress", "weights", "-o", "other.wcodec"]);
    done(folder.path(), &["-q", "decompress", "other.wcodec"]);
    assert_eq!(names(folder.path()), ["other.safetensors", "other.wcodec", "weights"]);
}

#[test]
fn a_folder_of_odd_names_goes_there_and_back() {
    let folder = folder_with_parts();
    let before = tree(&folder.path().join("mini"));
    let archives = ["model.wcodec", "tokenizer.json", "vae", "wcodec.json"];
    assert_eq!(names(&folder.path().join("mini.wcodec")), archives);
    fs::remove_dir_all(folder.path().join("mini")).unwrap();
    done(folder.path(), &["-q", "decompress", "--rm", "mini.wcodec"]);
    assert!(tree(&folder.path().join("mini")) == before);
    assert_eq!(names(folder.path()), ["mini"]);
}

#[test]
fn a_folder_that_is_not_complete_is_bad_data() {
    let folder = folder_with_parts();
    let folder = folder.path();
    fs::remove_dir_all(folder.join("mini")).unwrap();
    let empty: fn(&Path) = |path| fs::write(path, b"").unwrap();
    let remove: fn(&Path) = |path| fs::remove_file(path).unwrap();
    for (change, file) in [
        (remove, "vae/ae.sft.wcodec"),
        (remove, "model.wcodec"),
        (remove, "tokenizer.json"),
        (empty, "tokenizer.json"),
    ] {
        let path = folder.join("mini.wcodec").join(file);
        let bytes = fs::read(&path).unwrap();
        change(&path);
        for command in ["verify", "decompress"] {
            fails(folder, &[command, "mini.wcodec"], BAD_DATA, &[file, "wcodec.json"]);
        }
        fs::write(path, bytes).unwrap();
    }
    let said = stderr(&done(folder, &["verify", "mini.wcodec"]));
    assert!(said.contains("mini.wcodec: whole, 4 tensors"), "{said}");
    fs::remove_file(folder.join("mini.wcodec/wcodec.json")).unwrap();
    let said = stderr(&done(folder, &["verify", "mini.wcodec"]));
    assert!(said.contains("completeness unknown") && said.contains("wcodec.json"), "{said}");
}

#[test]
fn an_index_that_names_an_absent_shard_is_told_of() {
    let folder = TempDir::new().unwrap();
    put(folder.path(), "mini/model-00001-of-00002.safetensors", &small_model());
    let index = r#"{"weight_map":{"a":"model-00001-of-00002.safetensors",
        "b":"model-00002-of-00002.safetensors"}}"#;
    put(folder.path(), "mini/model.safetensors.index.json", index.as_bytes());
    let said = stderr(&done(folder.path(), &["compress", "mini"]));
    assert!(
        said.contains("WARN") && said.contains("\"model-00002-of-00002.safetensors\""),
        "{said}"
    );
    let said = ["model.safetensors.index.json", "\"model-00002-of-00002.safetensors\""];
    fails(folder.path(), &["verify", "mini.wcodec"], BAD_DATA, &said);
}

#[test]
fn analyze_and_inspect_look_into_subfolders() {
    let folder = folder_with_parts();
    for input in ["mini", "mini.wcodec"] {
        let output = done(folder.path(), &["analyze", "--json", input]);
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["tensors"].as_array().unwrap().len(), 4, "{input}");
    }
    let output = done(folder.path(), &["inspect", "--json", "--no-entropy", "mini.wcodec"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let files: Vec<_> = report.as_array().unwrap().iter().map(|a| a["file"].clone()).collect();
    assert_eq!(files, ["mini.wcodec/model.wcodec", "mini.wcodec/vae/ae.sft.wcodec"]);
}

/// A file that is refused is told of, and all else is done.
#[test]
fn what_is_carried_as_it_is_is_told() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    let odd = [&small_model()[..], b"more"].concat();
    put(folder, "mini/odd.safetensors", &odd);
    put(folder, "mini/model.safetensors", &small_model());
    fails(folder, &["compress", "mini/odd.safetensors"], BAD_DATA, &["odd.safetensors", "--as-is"]);
    let said = stderr(&done(folder, &["compress", "mini"]));
    assert!(
        said.contains("WARN") && said.contains("odd.safetensors is carried as it is"),
        "{said}"
    );
    let output = done(folder, &["inspect", "--no-entropy", "mini.wcodec"]);
    let said = String::from_utf8(output.stdout).unwrap();
    let line = format!("odd.safetensors, {} bytes: a file as it is", odd.len());
    assert!(said.contains(&line), "{said}");
    done(folder, &["-q", "compress", "--rm", "--as-is", "mini/odd.safetensors"]);
    let output = done(folder, &["inspect", "mini/odd.wcodec"]);
    assert!(String::from_utf8(output.stdout).unwrap().contains(": a file as it is, in pieces"));
    let output = done(folder, &["inspect", "--json", "mini/odd.wcodec", "mini.wcodec"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let as_is: Vec<_> = report.as_array().unwrap().iter().map(|file| &file["as_is"]).collect();
    assert_eq!(as_is, [true, false, true]);
    done(folder, &["-q", "decompress", "--rm", "mini/odd.wcodec"]);
    assert!(fs::read(folder.join("mini/odd.safetensors")).unwrap() == odd);
}

#[test]
fn a_folder_that_is_compressed_is_not_compressed_again() {
    let folder = folder_with_parts();
    let said = ["mini.wcodec is a compressed folder already"];
    fails(folder.path(), &["compress", "mini.wcodec"], COULD_NOT, &said);
}

#[test]
fn several_inputs_are_done_one_after_another() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    put(folder, "a.safetensors", &small_model());
    put(folder, "in/b.sft", &file("{}", b""));
    put(folder, "mini/c.safetensors", &small_model());
    let before = tree(folder);
    done(
        folder,
        &["-q", "compress", "a.safetensors", "in/b.sft", "mini", "--output-dir", "new/out"],
    );
    let archives = ["new/out/a.wcodec", "new/out/b.sft.wcodec", "new/out/mini.wcodec"];
    assert_eq!(names(&folder.join("new/out")), archives.map(|name| &name["new/out/".len()..]));
    let said = stderr(&done(folder, &[&["verify"], &archives[..]].concat()));
    assert_eq!(said.lines().filter(|line| line.contains(": whole, ")).count(), 3, "{said}");
    let output = done(folder, &[&["inspect", "--json"], &archives[..]].concat());
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report.as_array().unwrap().len(), 3);

    done(folder, &[&["-q", "decompress", "--rm", "--output-dir", "back"], &archives[..]].concat());
    let restored: Vec<_> = tree(&folder.join("back")).into_iter().map(|(_, bytes)| bytes).collect();
    assert!(restored == before.into_iter().map(|(_, bytes)| bytes).collect::<Vec<_>>());
    assert_eq!(names(&folder.join("back")), ["a.safetensors", "b.sft", "mini"]);
    assert!(names(&folder.join("new/out")).is_empty());

    // Without a folder each is written beside its source.
    done(folder, &["-q", "compress", "a.safetensors", "in/b.sft"]);
    assert_eq!(names(&folder.join("in")), ["b.sft", "b.sft.wcodec"]);
}

#[test]
fn inputs_that_would_become_one_output_are_refused() {
    let folder = TempDir::new().unwrap();
    for name in ["a/m.safetensors", "b/m.safetensors", "c/m"] {
        put(folder.path(), name, &small_model());
    }
    let said = ["would both become"];
    for inputs in [
        &["a/m.safetensors", "b/m.safetensors", "--output-dir", "a"][..],
        &["a/m.safetensors", "c/m", "--output-dir", "a"],
        &["a/m.safetensors", "a/./m.safetensors"],
    ] {
        fails(folder.path(), &[&["compress", "-f"], inputs].concat(), COULD_NOT, &said);
    }
    let one = ["compress", "a/m.safetensors", "b/m.safetensors", "-o", "out"];
    fails(folder.path(), &one, COULD_NOT, &["2 inputs", "--output-dir"]);
    let both = ["compress", "a/m.safetensors", "-o", "x", "--output-dir", "y"];
    fails(folder.path(), &both, COULD_NOT, &["cannot be used with"]);
}

/// As where there is only one.
#[test]
fn each_of_several_inputs_is_told_how_to_raise_a_limit() {
    let folder = folder_with_parts();
    for command in ["verify", "decompress", "inspect"] {
        let limited = [command, "mini.wcodec/model.wcodec", "mini.wcodec/vae/ae.sft.wcodec"];
        let limited = [&limited[..], &["--limit", "header_bytes=9"]].concat();
        let output = crate::wcodec(folder.path(), &limited).output().unwrap();
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(COULD_NOT), "{said}");
        let told = said.lines().filter(|line| line.ends_with("; --limit can raise it")).count();
        assert_eq!(told, 2, "{command}: {said}");
    }
}

/// The others are done, each failure is told of, and the exit status is that of the worst.
#[test]
fn one_bad_input_does_not_stop_the_others() {
    for (bad, status) in [("bad.safetensors", BAD_DATA), ("missing", COULD_NOT)] {
        let folder = TempDir::new().unwrap();
        put(folder.path(), "a.safetensors", &small_model());
        put(folder.path(), "bad.safetensors", &[0xff; 64]);
        put(folder.path(), "z.safetensors", &small_model());
        let inputs = ["compress", "a.safetensors", bad, "z.safetensors"];
        let output = crate::wcodec(folder.path(), &inputs).output().unwrap();
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(status), "{said}");
        assert!(said.contains(bad) && said.contains("1 of 3 inputs failed"), "{said}");
        assert!(folder.path().join("a.wcodec").exists() && folder.path().join("z.wcodec").exists());
    }
}

/// What can be read is shown, in a folder, too.
#[test]
fn inspect_shows_the_others_where_one_is_bad() {
    let folder = folder_with_parts();
    put(folder.path(), "mini.wcodec/bad.wcodec", &[0xff; 64]);
    for inputs in [
        &["mini.wcodec"][..],
        &["mini.wcodec/model.wcodec", "mini.wcodec/bad.wcodec", "mini.wcodec/vae/ae.sft.wcodec"],
    ] {
        let arguments = [&["inspect", "--json"], inputs].concat();
        let output = crate::wcodec(folder.path(), &arguments).output().unwrap();
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(BAD_DATA), "{said}");
        assert!(said.contains("bad.wcodec") && said.contains("1 of 3"), "{said}");
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report.as_array().unwrap().len(), 2, "{said}");
    }
    let output = crate::wcodec(folder.path(), &["inspect", "mini.wcodec/bad.wcodec"]).output();
    assert!(output.unwrap().stdout.is_empty());
}

/// Each bound can be lowered below what a small archive has, and the error names it.
#[test]
fn every_limit_has_a_name_on_the_command_line() {
    let folder = folder_with_parts();
    for limit in
        ["header_bytes", "tensors", "name_bytes", "dimensions", "json_depth", "tensor_bytes"]
    {
        let lowered = format!("{limit}=0");
        let verify = ["verify", "mini.wcodec/model.wcodec", "--limit", &lowered];
        fails(folder.path(), &verify, COULD_NOT, &["the limit is 0"]);
        let raised = format!("{limit}=99999999");
        done(folder.path(), &["verify", "mini.wcodec/model.wcodec", "--limit", &raised]);
    }
}
