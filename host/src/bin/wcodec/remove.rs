//! `--rm`.

use crate::args::Files;
use anyhow::Context;
use std::fs;
use std::path::Path;
use wcodec::convert::Summary;

/// Removes the files that the output stands for, and of a folder what is empty then: not what was left out.
pub fn sources(files: &Files, summary: &Summary) -> anyhow::Result<()> {
    if !files.remove {
        return Ok(());
    }
    for file in summary.converted.iter().chain(&summary.copied) {
        fs::remove_file(file).with_context(|| format!("cannot remove {}", file.display()))?;
    }
    if files.input.is_dir() {
        empty_folders(&files.input);
    }
    Ok(())
}

/// Removes `folder` and those below it as far as they are empty; any other is there to stay.
fn empty_folders(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            empty_folders(&entry.path());
        }
    }
    let _ = fs::remove_dir(folder);
}
