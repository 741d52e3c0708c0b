//! Programs that tests start in a folder.

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The program at this path with these arguments, in `folder`, without anything to read.
pub fn command(program: &str, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).args(arguments).stdin(Stdio::null());
    command
}

/// Runs a program, which must succeed; returns its standard output.
#[track_caller]
pub fn printed(program: &str, folder: &Path, arguments: &[&str]) -> String {
    let output = command(program, folder, arguments).output().expect("the program starts");
    assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    String::from_utf8(output.stdout).expect("the program prints text")
}

/// The standard error of a program.
pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
