//! The benchmark that `wcodec bench` and `wcodec-bench compare` are: wcodec on every device beside
//! what else compresses bytes, on the same data in one run.
//!
//! Both programs also draw with [`plot`], write rates as [`spread`] does, keep results by [`outputs`],
//! and print names of files through [`escape`].
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
pub mod outputs;
mod packer;
mod peers;
pub mod plot;
mod plots;
mod print;
mod report;
pub mod spread;

pub use options::Options;

use anyhow::Result;
use budget::Budget;
use devices::Devices;
use input::Input;
use machine::Machine;
use report::{Event, Report};

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
        outputs::write_json(file, report)?;
    }
    if let Some(folder) = &options.plot {
        outputs::draw_into(folder, |folder| plots::all(report, folder))?;
    }
    Ok(())
}
