//! Standard error: the progress bar, the log, summaries and errors, which do not overwrite each
//! other.

use crate::args::Common;
use crate::log::Lines;
use crate::progress::Bar;
use indicatif::{DecimalBytes, ProgressBar};
use std::io::{self, IsTerminal, Write};
use std::time::Duration;
use tracing::Level;
use wcodec::Device;
use wcodec::convert::Summary;
use wcodec_bench::escape::printable;

/// Standard error.
pub struct Console {
    quiet: bool,
    bar: Bar,
    /// Follows an error about a limit: how to raise it.
    limit_advice: &'static str,
}

impl Console {
    /// Starts the log. `limit_advice` follows errors about limits.
    pub fn new(common: &Common, limit_advice: &'static str) -> Self {
        let terminal = io::stderr().is_terminal();
        let bar = Bar::new(terminal && !common.quiet);
        let level = match (common.quiet, common.verbose) {
            (true, _) => Level::ERROR,
            (false, 0) => Level::WARN,
            (false, 1) => Level::INFO,
            (false, _) => Level::DEBUG,
        };
        let log = Log(bar.handle());
        // Without internal errors: they would be printed by a macro that panics where stderr is
        // closed.
        tracing_subscriber::fmt()
            .with_max_level(level)
            .with_ansi(terminal)
            .log_internal_errors(false)
            .event_format(Lines)
            .with_writer(move || log.clone())
            .init();
        Self { quiet: common.quiet, bar, limit_advice }
    }

    /// The bar, for a conversion to move.
    pub fn bar(&self) -> &Bar {
        &self.bar
    }

    /// Clears the bar away and prints a line.
    pub fn summary(&self, line: &str) {
        self.bar.clear();
        if !self.quiet {
            print(line);
        }
    }

    /// Clears the bar away and prints an error, with what can be done about it.
    pub fn error(&self, error: &anyhow::Error) {
        self.bar.clear();
        let mut line = String::from("wcodec");
        for cause in error.chain() {
            line.push_str(&format!(": {cause}"));
            // It says what its own causes say.
            if cause.is::<wcodec::Error>() {
                break;
            }
        }
        if let Some(wcodec::Error::LimitExceeded { .. }) = error.downcast_ref() {
            line.push_str(self.limit_advice);
        }
        print(&line);
    }
}

/// Prints a line, escaped. A closed standard error is no reason to fail: no reader is left to be
/// told.
fn print(line: &str) {
    let _ = writeln!(io::stderr(), "{}", printable(line));
}

/// Writes log lines above the bar.
#[derive(Clone)]
struct Log(ProgressBar);

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.suspend(|| io::stderr().write(line))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Sizes, ratio and speed of a conversion.
pub fn sizes(summary: &Summary, elapsed: Duration, compressing: bool) -> String {
    let (input, output) = (summary.input_bytes, summary.output_bytes);
    let (large, small) = if compressing { (input, output) } else { (output, input) };
    let megabytes = summary.tensor_bytes as f64 / 1e6;
    format!(
        "{} -> {}, ratio {:.3}, {:.0} MB/s",
        DecimalBytes(input),
        DecimalBytes(output),
        large as f64 / small as f64,
        megabytes / elapsed.as_secs_f64().max(1e-9),
    )
}

/// The device that decoded; the log has why it was not a GPU, where one was looked for.
pub fn device(device: &Device) -> String {
    if let Device::Cpu { fallback: Some(reason), .. } = device {
        tracing::info!("decoded on the CPU: {reason}");
    }
    match device {
        Device::Cpu { .. } => format!("the {device}"),
        _ => device.to_string(),
    }
}
