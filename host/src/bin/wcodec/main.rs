//! The command line tool: `wcodec compress`, `decompress`, `verify`, `inspect`, `analyze`, `gpu` and `bench`.
//!
//! Exit status: 0 done, 1 the data is bad, 2 it could not be done.
#![deny(unsafe_code)]

mod analyze;
mod args;
#[path = "../../bench/mod.rs"]
mod bench;
mod compress;
mod console;
mod decompress;
mod gpu;
mod inspect;
mod names;
mod progress;
mod remove;
mod signals;
mod stdout;
mod verify;

use anyhow::Context;
use args::{Cli, Command};
use clap::Parser;
use console::Console;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let console = Console::new(&cli.common);
    match run(&cli, &console) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            console.error(&error);
            exit_code(&error)
        }
    }
}

fn run(cli: &Cli, console: &Console) -> anyhow::Result<()> {
    signals::clean_up_when_told_to_stop().context("cannot install the signal handler")?;
    rayon::ThreadPoolBuilder::new()
        .num_threads(cli.common.threads)
        .build_global()
        .context("cannot start the threads: ask for fewer with --threads")?;
    match &cli.command {
        Command::Compress(args) => compress::run(args, console),
        Command::Decompress(args) => decompress::run(args, console),
        Command::Verify(args) => verify::run(args, console),
        Command::Inspect(args) => inspect::run(args, console),
        Command::Gpu => gpu::run(),
        Command::Analyze(args) => analyze::run(args, console),
        Command::Bench(options) => {
            bench::run(options, &mut |line| stdout::print(&format!("{line}\n")))
        }
    }
}

fn exit_code(error: &anyhow::Error) -> ExitCode {
    let known = error.chain().find_map(|cause| cause.downcast_ref::<wcodec::Error>());
    match known {
        Some(error) if error.is_bad_data() => ExitCode::from(1),
        _ => ExitCode::from(2),
    }
}
