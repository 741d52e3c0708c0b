//! The command line tool, run in a folder.

use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
pub use support::program::stderr;
use support::safetensors_source::{put, small_model};
use tempfile::TempDir;

pub const DONE: i32 = 0;
pub const COULD_NOT: i32 = 2;

/// The tool with these arguments, in `folder`.
pub fn wcodec(folder: &Path, arguments: &[&str]) -> Command {
    support::program::command(env!("CARGO_BIN_EXE_wcodec"), folder, arguments)
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

/// The tool in `folder`, run as a user whom modes bind. Where this is root that is `nobody`, who is
/// given the folder, and a copy of the tool in it.
pub fn as_another(folder: &Path) -> Command {
    if !is_root() {
        return wcodec(folder, &[]);
    }
    give_away(folder, &[""]);
    // The build's own program need not be readable by all.
    let program = folder.join("wcodec");
    if !program.exists() {
        // By another process: a child that another test starts meanwhile would keep a file open that
        // this one writes, and a program that is open for writing does not start.
        let mut copy = Command::new("cp");
        let copied = copy.arg(env!("CARGO_BIN_EXE_wcodec")).arg(&program).status();
        assert!(copied.unwrap().success());
    }
    let mut command = Command::new(program);
    command.current_dir(folder).stdin(Stdio::null()).uid(NOBODY).gid(NOBODY);
    command
}

/// Gives what is in `folder` to the user of [`as_another`].
pub fn give_away(folder: &Path, names: &[&str]) {
    for name in names.iter().filter(|_| is_root()) {
        chown(folder.join(name), Some(NOBODY), Some(NOBODY)).unwrap();
    }
}

const NOBODY: u32 = 65_534;

/// Told by the owner of a new file.
fn is_root() -> bool {
    TempDir::new().unwrap().path().metadata().unwrap().uid() == 0
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
