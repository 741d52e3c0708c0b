//! Output that appears whole or not at all: written beside its target, and renamed when it is
//! finished.

mod content;
mod exchange;
mod file;
mod fixed;
mod folder;
mod foreign;
mod in_place;
mod names;
mod old_folder;
mod removal;
mod renames;
mod replace;
mod scratch;
mod source_folders;
mod target;
mod unfinished;

pub use content::FolderContent;
pub use file::OutputFile;
pub use folder::OutputFolder;
pub(crate) use names::cut;
pub use names::{is_half_filled, is_leftover};
pub use scratch::ScratchFolder;
pub use unfinished::remove_unfinished;

use crate::{Error, Result};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// The folder that `target` lies in.
fn parent(target: &Path) -> &Path {
    match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// The path `inside` below the folder `root`; `root` itself, without a slash at its end, where
/// `inside` is empty.
pub(crate) fn below(root: &Path, inside: &Path) -> PathBuf {
    if inside.as_os_str().is_empty() { root.to_path_buf() } else { root.join(inside) }
}

/// Makes a folder and its parents, and flushes them to disk.
///
/// # Errors
/// [`Error::Io`].
pub fn create_folder(folder: &Path) -> Result<()> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    create_folder(parent(folder))?;
    match fs::create_dir(folder) {
        Err(error) if !folder.is_dir() => Err(Error::io("create", folder)(error)),
        _ => sync_folder(parent(folder)),
    }
}

/// Flushes a rename in `folder` to disk.
fn sync_folder(folder: &Path) -> Result<()> {
    flush(folder).map_err(Error::io("write", folder))
}

fn flush(folder: &Path) -> io::Result<()> {
    // Elsewhere a folder cannot be opened like a file.
    if cfg!(not(unix)) {
        return Ok(());
    }
    File::open(folder).and_then(|file| sync(&file))
}

/// Flushes an open folder to disk.
fn sync(folder: &File) -> io::Result<()> {
    match folder.sync_all() {
        Err(error) if !is_unsupported(&error) => Err(error),
        _ => Ok(()),
    }
}

/// Some network file systems have no fsync for folders.
fn is_unsupported(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported)
}
