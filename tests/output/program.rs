//! The command line tool, run in a folder.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use support::safetensors_source::{put, small_model};
use tempfile::TempDir;

pub const DONE: i32 = 0;
pub const COULD_NOT: i32 = 2;

/// The tool with these arguments, in `folder`.
pub fn wcodec(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wcodec"));
    command.current_dir(folder).args(arguments).stdin(Stdio::null());
    command
}

/// Runs the tool, which must succeed.
#[track_caller]
pub fn done(folder: &Path, arguments: &[&str]) -> Output {
    let output = wcodec(folder, arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(DONE), "{arguments:?}: {}", stderr(&output));
    output
}

/// Runs the tool, which must say that it could not; returns its message.
#[track_caller]
pub fn could_not(folder: &Path, arguments: &[&str]) -> String {
    let output = wcodec(folder, arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(COULD_NOT), "{arguments:?}: {}", stderr(&output));
    stderr(&output)
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A folder with the file `m.safetensors` and the model folder `d`.
pub fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    put(folder.path(), "m.safetensors", &small_model());
    put(folder.path(), "d/model.safetensors", &small_model());
    put(folder.path(), "d/config.json", b"{}");
    put(folder.path(), "d/sub/deep/tokenizer.json", b"[]");
    folder
}
