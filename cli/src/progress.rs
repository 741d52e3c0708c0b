//! The progress bar.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Once;
use std::thread;
use std::time::Duration;
use wcodec::convert::Progress;
use wcodec_bench::escape::printable;

const TEMPLATE: &str = "{decimal_bytes:>10} of {decimal_total_bytes} [{bar:20}] \
    {decimal_bytes_per_sec}, {eta} left  {wide_msg}";
/// Large tensors take long: the time that passes is shown in between.
const TICK: Duration = Duration::from_millis(200);

/// Goes on, or is the error of work that its progress cancelled.
pub fn proceed(flow: ControlFlow<()>) -> wcodec::Result<()> {
    match flow {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(wcodec::Error::Cancelled),
    }
}

/// Shows how far a conversion is; on a terminal only.
pub struct Bar {
    bar: ProgressBar,
    visible: bool,
    ticking: Once,
}

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
        Self { bar, visible, ticking: Once::new() }
    }

    /// For those who print to the same terminal.
    pub fn handle(&self) -> ProgressBar {
        self.bar.clone()
    }

    /// Takes the bar off the screen, until there is work again.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }

    /// Moves the bar from a thread. The ticker of `indicatif` would panic where no thread can be
    /// started; without one the bar stands still between two tensors.
    fn tick(&self) {
        let bar = self.bar.downgrade();
        let tick = move || {
            while let Some(bar) = bar.upgrade().filter(|bar| !bar.is_finished()) {
                bar.tick();
                drop(bar);
                thread::sleep(TICK);
            }
        };
        if let Err(error) = thread::Builder::new().name("progress".to_owned()).spawn(tick) {
            tracing::debug!("the progress bar moves with every tensor only: {error}");
        }
    }
}

impl Progress for Bar {
    fn expect(&self, bytes: u64) {
        if self.bar.is_finished() {
            // It was cleared after the input before.
            self.bar.reset();
            self.bar.set_length(0);
        }
        self.bar.inc_length(bytes);
        if self.visible {
            self.ticking.call_once(|| self.tick());
        }
    }

    fn tensor(&self, file: &Path, name: &str) -> ControlFlow<()> {
        tracing::debug!("{}: {name:?}", file.display());
        self.bar.set_message(printable(name).into_owned());
        ControlFlow::Continue(())
    }

    fn advance(&self, bytes: u64) -> ControlFlow<()> {
        self.bar.inc(bytes);
        ControlFlow::Continue(())
    }
}
