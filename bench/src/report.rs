//! The measurements, and the contenders that were left out.

use super::budget::Budget;
use super::machine::Machine;
use super::peers::CHUNK;
use super::spread::Spread;
use serde::Serialize;

/// A run of the benchmark. Rates are GB (10^9 decoded bytes) a second.
#[derive(Debug, Serialize)]
pub struct Report {
    pub version: &'static str,
    pub machine: Machine,
    /// The most runs of a measurement, and the seconds after which it has no more.
    pub runs: usize,
    pub seconds: f64,
    /// Bytes that peers compress at a time.
    pub peer_chunk_bytes: usize,
    pub inputs: Vec<InputReport>,
    pub rows: Vec<Row>,
    pub not_run: Vec<NotRun>,
}

/// The events of a benchmark.
pub enum Event {
    Input(InputReport),
    Row(Box<Row>),
    NotRun(NotRun),
}

/// Data that was compressed.
#[derive(Debug, Clone, Serialize)]
pub struct InputReport {
    pub name: String,
    pub dtypes: String,
    pub decoded_bytes: u64,
    /// The ratio that order-0 entropy of the split elements allows.
    pub limit: f64,
    /// GB/s that a copy of as many bytes reads and writes on the CPU, with all threads.
    pub cpu_copy: Spread,
    /// The same on the GPU; `None` where there is none.
    pub gpu_copy: Option<Spread>,
}

/// One contender on one device.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    pub input: String,
    pub contender: String,
    /// The device that it decoded on; it encodes on the CPU.
    pub device: String,
    pub decoded_bytes: u64,
    pub compressed_bytes: u64,
    pub ratio: f64,
    pub encode: Timing,
    pub decode: Timing,
    /// The rate at which compressed bytes read and decoded bytes written would be as many as those
    /// of a copy.
    pub roofline: f64,
    /// The median decoding rate as a part of it.
    pub share_of_copy: f64,
}

/// Rates, and of how many runs.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Timing {
    #[serde(flatten)]
    pub rate: Spread,
    pub runs: usize,
}

/// A contender that has no figures, and why.
#[derive(Debug, Clone, Serialize)]
pub struct NotRun {
    pub input: String,
    pub contender: String,
    pub device: String,
    pub reason: String,
}

impl Report {
    /// A report without results.
    pub fn new(machine: Machine, budget: &Budget) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION"),
            machine,
            runs: budget.runs,
            seconds: budget.seconds,
            peer_chunk_bytes: CHUNK,
            inputs: Vec::new(),
            rows: Vec::new(),
            not_run: Vec::new(),
        }
    }

    /// Notes what happened.
    pub fn add(&mut self, event: Event) {
        match event {
            Event::Input(input) => self.inputs.push(input),
            Event::Row(row) => self.rows.push(*row),
            Event::NotRun(not_run) => self.not_run.push(not_run),
        }
    }
}
