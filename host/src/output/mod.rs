//! Output that appears whole or not at all: written beside its target, and renamed when it is finished.

mod file;
mod folder;
mod names;
mod unfinished;

pub use file::OutputFile;
pub use folder::OutputFolder;
pub use names::is_leftover;
pub use unfinished::remove_unfinished;

use crate::{Error, Result};
use std::fs::File;
use std::io;
use std::path::Path;

/// The folder that `target` lies in.
fn parent(target: &Path) -> &Path {
    match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Makes a rename in `folder` last.
fn sync_folder(folder: &Path) -> Result<()> {
    // Elsewhere a folder cannot be opened like a file.
    if cfg!(not(unix)) {
        return Ok(());
    }
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        Err(error) if !is_unsupported(&error) => Err(Error::io("write", folder)(error)),
        _ => Ok(()),
    }
}

/// Some network file systems have no fsync for folders.
fn is_unsupported(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported)
}
