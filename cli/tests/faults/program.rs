//! The command line tool, and the libraries that are loaded into it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub const DONE: i32 = 0;
pub const COULD_NOT: i32 = 2;

/// The tool with these arguments, in `folder`.
pub fn wcodec(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wcodec"));
    command.current_dir(folder).args(arguments).stdin(Stdio::null());
    command
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A library that cargo has built for these tests.
pub fn library(name: &str) -> PathBuf {
    let test = env::current_exe().expect("a test knows itself");
    let path = test.parent().expect("it lies in a folder").join(format!("lib{name}.so"));
    assert!(path.is_file(), "{} has not been built", path.display());
    path
}
