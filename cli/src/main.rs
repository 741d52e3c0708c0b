//! The program `wcodec`.
#![deny(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(wcodec_cli::run_program(std::env::args_os()))
}
