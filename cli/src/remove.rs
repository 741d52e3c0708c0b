//! `--rm`.

use crate::args::Files;
use crate::console::Console;
use anyhow::bail;
use std::path::Path;
use wcodec::convert::{Summary, check_removable, remove_sources};

/// Refuses, before any work, sources that must not be removed.
pub fn check(files: &Files) -> anyhow::Result<()> {
    if files.remove {
        files.inputs.iter().try_for_each(check_removable)?;
    }
    Ok(())
}

/// Removes the files that the output replaces, but no file that was left out or has changed since
/// it was read.
pub fn sources(
    files: &Files,
    source: &Path,
    summary: &Summary,
    console: &Console,
) -> anyhow::Result<()> {
    if !files.remove {
        return Ok(());
    }
    let left = remove_sources(source, summary);
    let count = left.len();
    left.into_iter().for_each(|error| console.error(&error.into()));
    if count > 0 {
        bail!("the output is complete, but {count} files of {} were not removed", source.display());
    }
    Ok(())
}
