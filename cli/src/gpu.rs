//! `wcodec gpu`.

use crate::stdout;

/// Says what was found, or why nothing; either is an answer, and exit status 0.
pub fn run() -> anyhow::Result<()> {
    stdout::print(&format!("{}\n", wcodec::gpu::probe()))
}
