//! The benchmark that `wcodec bench` and `wcodec-bench compare` are: wcodec on every device beside
//! what else compresses bytes, on the same data in one run.
//!
//! Both programs also draw with [`plot`], write rates as [`spread`] does, and print names of files
//! through [`escape`].
#![deny(unsafe_code)]

mod budget;
mod buffer;
pub mod data;
mod devices;
pub mod escape;
mod input;
mod machine;
mod measure;
mod options;
mod packer;
mod peers;
pub mod plot;
mod plots;
mod print;
mod report;
pub mod spread;

pub use options::Options;

use anyhow::{Context, Result};
use budget::Budget;
use devices::Devices;
use input::Input;
use machine::Machine;
use report::{Event, Report};
use std::fs;

/// Measures as `options` say, and prints each result to `line` as soon as it is known.
pub fn run(options: &Options, line: &mut dyn FnMut(&str) -> Result<()>) -> Result<()> {
    let devices = Devices::open(&options.devices);
    let machine = Machine::this(&devices);
    let budget = Budget { runs: options.runs.max(1), seconds: options.seconds };
    let mut report = Report::new(machine, &budget);
    line(&print::heading(&report))?;
    let result = measure_all(options, &devices, &budget, &mut |event| {
        let printed = line(&print::event(&event));
        report.add(event);
        printed
    });
    // Measurements from before a failure are kept.
    keep(options, &report).and(result)
}

fn measure_all(
    options: &Options,
    devices: &Devices,
    budget: &Budget,
    emit: &mut dyn FnMut(Event) -> Result<()>,
) -> Result<()> {
    let packers = packer::all(options);
    for source in input::sources(options)? {
        measure::input(&Input::load(&source)?, &packers, devices, budget, emit)?;
    }
    Ok(())
}

fn keep(options: &Options, report: &Report) -> Result<()> {
    if let Some(file) = &options.json {
        let text = serde_json::to_string_pretty(report)?;
        fs::write(file, text + "\n").with_context(|| format!("cannot write {}", file.display()))?;
    }
    if let Some(folder) = &options.plot {
        let in_context = || format!("cannot draw into {}", folder.display());
        fs::create_dir_all(folder).with_context(in_context)?;
        plots::all(report, folder).with_context(in_context)?;
    }
    Ok(())
}
