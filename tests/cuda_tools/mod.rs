//! NVIDIA's assembler and disassembler, which `scripts/install-cuda-tools.sh` installs.

// Each integration test is a crate of its own and uses only some of what is here.
#![allow(dead_code)]

pub mod nvdisasm;
pub mod ptxas;

use std::env;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The tool of this name that was installed, or the one that the environment names in capitals.
fn program(name: &str) -> PathBuf {
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools").join(name);
    let program = env::var_os(name.to_uppercase()).map_or(installed, PathBuf::from);
    assert!(
        program.is_file(),
        "there is no {name} at {}: run scripts/install-cuda-tools.sh",
        program.display()
    );
    program
}

/// A folder of the caller's own, as tests run at the same time.
fn scratch() -> TempDir {
    TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("cargo made the folder for tests")
}
