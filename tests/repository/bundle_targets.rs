//! `targets.sh`, which finds the programs that hold tests for a GPU.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/gpu-bundle/targets.sh");

/// Put together here, so that the script does not find it in this file.
const MARK: &str = concat!("#[ignore", " = \"needs an NVIDIA GPU\"]");

/// The output of the script for a repository in which these files have a test for a GPU.
fn targets(files: &[&str]) -> String {
    let root = TempDir::new().unwrap();
    for file in [
        "host/src/lib.rs",
        "tests/other.rs",
        "tests/parts/main.rs",
        "scripts/gpu-bundle/targets.sh",
    ] {
        put(root.path(), file, "");
    }
    let script = root.path().join("scripts/gpu-bundle/targets.sh");
    fs::copy(SCRIPT, &script).unwrap();
    for file in files {
        put(root.path(), file, MARK);
    }
    let output = Command::new("sh").arg(script).output().unwrap();
    assert!(output.status.success() != files.is_empty());
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn put(root: &Path, file: &str, text: &str) {
    let path = root.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn any_module_of_the_library_counts() {
    for file in ["host/src/dtype.rs", "host/src/blob/front.rs", "host/src/bench/run.rs"] {
        assert_eq!(targets(&[file]), "--lib", "{file}");
    }
}

#[test]
fn programs_are_not_the_library() {
    let files = ["tests/gpu_decode.rs", "cli/src/gpu.rs", "cli/tests/gpu.rs", "bench/src/gpu.rs"];
    assert_eq!(targets(&files), "--test gpu_decode");
}

#[test]
fn a_program_may_have_its_tests_in_a_folder() {
    assert_eq!(targets(&["tests/parts/on_a_gpu.rs"]), "--test parts");
}

#[test]
fn none_at_all_is_a_failure() {
    assert_eq!(targets(&[]), "");
}
