//! The progress bar.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::path::Path;
use std::time::Duration;
use wcodec::convert::Progress;

const TEMPLATE: &str = "{decimal_bytes:>10} of {decimal_total_bytes} [{bar:20}] \
    {decimal_bytes_per_sec}, {eta} left  {wide_msg}";

/// Shows how far a conversion is; on a terminal only.
pub struct Bar(ProgressBar);

impl Bar {
    /// A bar that appears with the first work that it is told of.
    pub fn new(visible: bool) -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
        if visible {
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style.progress_chars("=> "));
        }
        Self(bar)
    }

    /// For those who print to the same terminal.
    pub fn handle(&self) -> ProgressBar {
        self.0.clone()
    }

    /// Takes the bar off the screen for good.
    pub fn clear(&self) {
        self.0.finish_and_clear();
    }
}

impl Progress for Bar {
    fn expect(&self, bytes: u64) {
        self.0.inc_length(bytes);
        // Large tensors take long: the time that passes is shown in between.
        self.0.enable_steady_tick(Duration::from_millis(200));
    }

    fn tensor(&self, file: &Path, name: &str) {
        tracing::debug!("{}: {name:?}", file.display());
        self.0.set_message(printable(name));
    }

    fn advance(&self, bytes: u64) {
        self.0.inc(bytes);
    }
}

/// A tensor's name without anything that a terminal would obey.
pub fn printable(name: &str) -> String {
    if name.chars().any(char::is_control) {
        name.escape_debug().to_string()
    } else {
        name.to_owned()
    }
}
