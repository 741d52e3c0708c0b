//! The reports of the program as JSON, for other programs.

use crate::{analyze, inspect};
pub use analyze::Options as AnalyzeOptions;
use anyhow::Context;
use serde::Serialize;
use std::path::Path;
use wcodec::Decoder;
use wcodec::container::Limits;
use wcodec::convert::Progress;

/// What `wcodec inspect --json` prints of a file or a folder: an array of archives. The limit that
/// the data's entropy sets is left out without a decoder.
///
/// # Errors
/// Those of the library, which the chain of the error has; a folder without archives.
pub fn inspect(
    input: &Path,
    decoder: Option<&Decoder>,
    limits: &Limits,
    progress: &dyn Progress,
) -> anyhow::Result<String> {
    text(&inspect::reports(input, decoder, limits, progress)?)
}

/// What `wcodec analyze --json` prints of a file or a folder.
///
/// # Errors
/// Those of the library, which the chain of the error has.
pub fn analyze(
    input: &Path,
    options: &AnalyzeOptions<'_>,
    progress: &dyn Progress,
) -> anyhow::Result<String> {
    text(&analyze::analyze(input, options, progress)?)
}

fn text(report: &impl Serialize) -> anyhow::Result<String> {
    serde_json::to_string(report).context("cannot write the report as JSON")
}
