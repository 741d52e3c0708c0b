//! The command line tool: `wcodec compress`, `decompress`, `rebase`, `verify`, `inspect`, `analyze`, `gpu`
//! and `bench`; as a library for whatever else starts it.
//!
//! Exit status: 0 done, 1 the data is bad, 2 it could not be done.
#![deny(unsafe_code)]

mod analyze;
mod args;
mod compress;
mod console;
#[cfg(test)]
mod cost;
mod decompress;
mod entropy;
mod gpu;
mod inspect;
mod jobs;
pub mod json;
mod log;
pub mod names;
mod progress;
mod rebase;
mod remove;
mod signals;
mod stdout;
mod terminal;
mod threads;
mod verify;

use anyhow::Context;
pub use args::device;
use args::{Cli, Command};
use console::Console;
use std::ffi::OsString;
use wcodec_bench::escape;

/// Runs the program with these arguments, of which the first is its name, and returns its exit
/// status. To be called once in a process, whose signals and log it takes over; arguments that it
/// cannot read, and requests for help, end the process.
pub fn run_program(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let cli: Cli = escape::parsed(arguments.into_iter().collect());
    let console = Console::new(&cli.common, advice(&cli.command));
    match run(&cli, &console) {
        Ok(()) => 0,
        Err(error) => {
            signals::let_the_signal_end_it();
            console.error(&error);
            jobs::exit_code(&error)
        }
    }
}

fn run(cli: &Cli, console: &Console) -> anyhow::Result<()> {
    signals::clean_up_when_told_to_stop().context("cannot install the signal handler")?;
    threads::pool(cli.common.threads)?.install(|| work(&cli.command, console))
}

fn work(command: &Command, console: &Console) -> anyhow::Result<()> {
    match command {
        Command::Compress(args) => compress::run(args, console),
        Command::Decompress(args) => decompress::run(args, console),
        Command::Rebase(args) => rebase::run(args, console),
        Command::Verify(args) => verify::run(args, console),
        Command::Inspect(args) => inspect::run(args, console),
        Command::Gpu => gpu::run(),
        Command::Analyze(args) => analyze::run(args, console),
        Command::Bench(options) => {
            wcodec_bench::run(options, &mut |line| stdout::print(&format!("{line}\n")))
        }
    }
}

/// The advice after an error about a limit: the option that raises it, which the library cannot
/// know.
fn advice(command: &Command) -> &'static str {
    match command {
        Command::Decompress(_)
        | Command::Rebase(_)
        | Command::Verify(_)
        | Command::Inspect(_)
        | Command::Analyze(_) => "; --limit can raise it",
        Command::Compress(_) | Command::Gpu | Command::Bench(_) => "",
    }
}
