//! Removes sources that were converted.

use super::Summary;
use super::folder::{FolderManifest, Listing, MANIFEST};
use crate::container::Limits;
use crate::positioned_file::PositionedFile;
use crate::{Error, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// Refuses, before any work, sources whose removal would free nothing or break something else:
/// links, files that a Hugging Face cache keeps for its links, and an archive of a compressed folder
/// that has tensors of others.
///
/// # Errors
/// [`Error::InvalidArgument`] with the reason, [`Error::Io`].
pub fn check_removable(source: impl AsRef<Path>) -> Result<()> {
    let source = source.as_ref();
    let kind = fs::symlink_metadata(source).map_err(Error::io("read", source))?;
    if kind.is_symlink() {
        return Err(is_a_link(source));
    }
    if !kind.is_dir() {
        check_not_referred_to(source)?;
        return check_not_cached(source, source);
    }
    for (file, real) in &Listing::of(source)?.files {
        let path = source.join(file);
        if real.through_link {
            return Err(is_a_link(&path));
        }
        check_not_cached(&path, &real.path)?;
    }
    Ok(())
}

/// Removes the files that a conversion read and its output replaces, each only if its path still
/// leads to the file that was read; then the empty folders of `source`. Returns the reasons why
/// files were left.
pub fn remove_sources(source: impl AsRef<Path>, summary: &Summary) -> Vec<Error> {
    let source = source.as_ref();
    // All are looked at before the first is removed, which may change the others: two names may be
    // one file.
    let sources: Vec<_> = summary.sources().map(|file| (file, file.check_removable())).collect();
    let removed = sources.into_iter().map(|(file, same)| same.and_then(|()| file.remove()));
    let left = removed.filter_map(Result::err).collect();
    if source.is_dir() {
        remove_empty_folders(source);
    }
    left
}

/// Removes `folder` and those below it as far as they are empty; any other is there to stay.
fn remove_empty_folders(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_empty_folders(&entry.path());
        }
    }
    let _ = fs::remove_dir(folder);
}

/// Refuses an archive alone that lies in a compressed folder in which others refer to it.
fn check_not_referred_to(source: &Path) -> Result<()> {
    let Some((folder, inside)) = folder_of(source) else { return Ok(()) };
    let limits = Limits::default();
    let manifest = FolderManifest::read(&PositionedFile::open(&folder.join(MANIFEST))?, &limits)?;
    let Some(user) = manifest.referring_to(&folder, &inside, &limits).first().copied() else {
        return Ok(());
    };
    Err(Error::InvalidArgument(format!(
        "{} has tensors of {}, which would be lost with it: decompress {}, or leave out --rm",
        source.display(),
        folder.join(user).display(),
        folder.display()
    )))
}

/// The compressed folder that a file lies in, and its path there.
fn folder_of(file: &Path) -> Option<(PathBuf, PathBuf)> {
    let file = file.canonicalize().ok()?;
    let mut folders = file.ancestors().skip(1);
    let folder = folders
        .find(|folder| matches!(FolderManifest::is_one(&folder.join(MANIFEST)), Ok(true)))?;
    Some((folder.to_path_buf(), file.strip_prefix(folder).ok()?.to_path_buf()))
}

fn is_a_link(path: &Path) -> Error {
    let real = path.canonicalize().unwrap_or_default();
    let place = path.display();
    Error::InvalidArgument(match is_cached(&real) {
        true => format!("{place} is a link into a Hugging Face cache: {CACHE_ADVICE}"),
        false => format!(
            "{place} is a link to {}, or lies in a folder that is: removing it would free nothing \
             and leave that file, so leave out --rm, or give the file itself",
            real.display()
        ),
    })
}

fn check_not_cached(path: &Path, real: &Path) -> Result<()> {
    let real = real.canonicalize().map_err(Error::io("read", path))?;
    if !is_cached(&real) {
        return Ok(());
    }
    let place = path.display();
    Err(Error::InvalidArgument(format!("{place} belongs to a Hugging Face cache: {CACHE_ADVICE}")))
}

const CACHE_ADVICE: &str =
    "its files are shared by snapshots and removed by `hf cache`, so leave out --rm";

/// Returns whether a file is a blob of a cache: `models--OWNER--NAME/blobs/HASH`.
fn is_cached(real: &Path) -> bool {
    let mut folders = real.ancestors().skip(1).filter_map(Path::file_name);
    let (Some(blobs), Some(repository)) = (folders.next(), folders.next()) else { return false };
    let kinds = ["models--", "datasets--", "spaces--"];
    let repository = repository.as_encoded_bytes();
    blobs == "blobs" && kinds.iter().any(|kind| repository.starts_with(kind.as_bytes()))
}
