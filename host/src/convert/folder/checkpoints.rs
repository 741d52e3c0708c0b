//! The files of a folder that hold tensors.

use super::super::Contents;
use super::listing::Listing;
use crate::{Error, Result};
use std::path::{Path, PathBuf};

/// The safetensors files and archives in a folder and those below it, in the order of their names:
/// those that [`super::super::compress_folder`] and [`super::super::decompress_folder`] would
/// convert.
///
/// # Errors
/// [`Error::InvalidArgument`] where there is none, [`Error::Io`].
pub fn checkpoints_in(folder: impl AsRef<Path>) -> Result<Vec<(PathBuf, Contents)>> {
    find(folder.as_ref(), "safetensors or .wcodec", |contents| contents != Contents::Other)
}

/// The archives in a folder and those below it, in the order of their names.
///
/// # Errors
/// [`Error::InvalidArgument`] where there is none, [`Error::Io`].
pub fn archives_in(folder: impl AsRef<Path>) -> Result<Vec<PathBuf>> {
    let archives = find(folder.as_ref(), ".wcodec", |contents| contents == Contents::Archive)?;
    Ok(archives.into_iter().map(|(path, _)| path).collect())
}

fn find(
    folder: &Path,
    what: &str,
    wanted: impl Fn(Contents) -> bool,
) -> Result<Vec<(PathBuf, Contents)>> {
    let listing = Listing::of(folder)?.warn();
    for path in listing.weights_left_out() {
        tracing::warn!("{} is hidden and left out, but holds weights", path.display());
    }
    let mut found = Vec::new();
    for file in listing.files.into_keys() {
        let path = folder.join(file);
        let contents = Contents::of(&path)?;
        if wanted(contents) {
            found.push((path, contents));
        }
    }
    if found.is_empty() {
        return Err(Error::InvalidArgument(format!("{} holds no {what} files", folder.display())));
    }
    Ok(found)
}
