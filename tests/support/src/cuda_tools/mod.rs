//! NVIDIA's assembler and disassembler, which `scripts/install-cuda-tools.sh` installs.

pub mod nvdisasm;
pub mod ptxas;

use std::env;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The tool of this name that was installed, or the one that the environment names in capitals.
fn program(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let installed = root.join("target/tools").join(name);
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
    TempDir::new().expect("a folder for temporary files")
}
