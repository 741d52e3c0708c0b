//! Messages about files from strangers: no character that a terminal would obey, and the fault and
//! the remedy in words.
#![cfg(unix)]

mod messages;
mod terminal;

use std::path::Path;
use std::process::{Command, Output};

const DONE: i32 = 0;
const BAD_DATA: i32 = 1;
const COULD_NOT: i32 = 2;

fn wcodec(folder: &Path, arguments: &[&str]) -> Command {
    support::program::command(env!("CARGO_BIN_EXE_wcodec"), folder, arguments)
}

/// Runs a command that must end with `status`; returns its standard output and its standard error.
#[track_caller]
fn run(folder: &Path, arguments: &[&str], status: i32) -> (String, String) {
    let output = wcodec(folder, arguments).output().expect("the program starts");
    let Output { stdout, stderr, .. } = &output;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert_eq!(output.status.code(), Some(status), "{arguments:?}: {}", text(stderr));
    (text(stdout), text(stderr))
}
