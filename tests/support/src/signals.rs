//! Programs that are sent signals.

use std::process::Command;

/// A program that ends at the signals that a terminal and `kill` send, however the tests were
/// started: what nohup, or a shell in the background, has them ignore would be ignored by the
/// program as well. GNU's `env` becomes the program, under the same process number.
pub fn heeding_signals(program: &str) -> Command {
    let mut command = Command::new("env");
    command.args(["--default-signal=HUP,INT,QUIT,TERM", program]);
    command
}
