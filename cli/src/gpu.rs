//! `wcodec gpu`.

use crate::stdout;

/// Prints the GPUs, or the reason why there is none; either is exit status 0.
pub fn run() -> anyhow::Result<()> {
    stdout::print(&format!("{}\n", wcodec::gpu::probe()))
}
