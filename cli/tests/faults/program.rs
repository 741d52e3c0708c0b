//! The command line tool, and the libraries that are loaded into it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
pub use support::program::stderr;

pub const DONE: i32 = 0;
pub const COULD_NOT: i32 = 2;

/// The tool with these arguments, in `folder`.
pub fn wcodec(folder: &Path, arguments: &[&str]) -> Command {
    support::program::command(env!("CARGO_BIN_EXE_wcodec"), folder, arguments)
}

/// A library that cargo has built for these tests.
pub fn library(name: &str) -> PathBuf {
    let test = env::current_exe().expect("a test knows itself");
    let path = test.parent().expect("it lies in a folder").join(format!("lib{name}.so"));
    assert!(path.is_file(), "{} has not been built", path.display());
    path
}
