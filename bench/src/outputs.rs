//! The files that results are kept in: JSON, and a folder of drawings.

use anyhow::{Context, Result};
use serde::Serialize;
use std::fs;
use std::path::Path;

/// Writes a report as JSON, with a line end after it.
///
/// # Errors
/// Where the file cannot be written, by its name.
pub fn write_json(file: &Path, report: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(report)?;
    fs::write(file, text + "\n").with_context(|| format!("cannot write {}", file.display()))
}

/// Has `draw` draw into a folder, which is made where there is none.
///
/// # Errors
/// Where the folder cannot be made, or that of `draw`, by the folder's name.
pub fn draw_into(folder: &Path, draw: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let in_context = || format!("cannot draw into {}", folder.display());
    fs::create_dir_all(folder).with_context(in_context)?;
    draw(folder).with_context(in_context)
}
