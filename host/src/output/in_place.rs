//! Fills a folder that keeps its place: its entries are exchanged, one after another.
//!
//! All is written before the first entry is moved, and a name says so. A run that is stopped in
//! between is therefore finished by the next one, and no entry is lost on the way.

use super::names::{FINISHED, REPLACED};
use super::old_folder::OldFolder;
use super::renames::Renames;
use super::target::Target;
use super::{flush, sync_folder};
use crate::{Error, Result};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Replaces the content of the folder `target`, which is `old`, by the content of `folder`, which
/// lies in it. Returns the place of the old entries.
///
/// # Errors
/// [`Error::Io`], also where the content is not `old` any more. The folder is then as it was.
pub(super) fn fill(folder: &Path, target: &Target, old: &OldFolder) -> Result<PathBuf> {
    let place = &target.place;
    old.check(place, folder.file_name(), &target.given)?;
    let (finished, aside) = (place.join(FINISHED), place.join(REPLACED));
    let mut renames = Renames::default();
    let moved = renames
        .rename(folder, &finished)
        .and_then(|()| flush(place))
        .and_then(|()| make_private(&aside))
        .and_then(|()| {
            old.entries().try_for_each(|entry| renames.move_into(&place.join(entry), &aside))
        })
        .and_then(|()| move_all(&finished, place, &mut renames));
    if let Err(error) = moved {
        renames.undo();
        let _ = fs::remove_dir(&aside);
        return Err(Error::io("replace", &target.given)(error));
    }
    fs::remove_dir(&finished).map_err(Error::io("remove", &finished))?;
    Ok(aside)
}

/// Finishes filling the folder `place`, if an earlier run was stopped while it filled it.
///
/// # Errors
/// [`Error::Io`].
pub(super) fn recover(place: &Path) -> Result<()> {
    let (finished, aside) = (place.join(FINISHED), place.join(REPLACED));
    if !finished.is_dir() {
        return Ok(());
    }
    let finish = || {
        let mut renames = Renames::default();
        for entry in entries(&finished)? {
            let (from, to) = (finished.join(&entry), place.join(&entry));
            if to.symlink_metadata().is_ok() {
                make_private(&aside)?;
                renames.move_into(&to, &aside)?;
            }
            renames.rename(&from, &to)?;
        }
        fs::remove_dir(&finished)
    };
    finish().map_err(Error::io("finish", place))?;
    sync_folder(place)?;
    // One in which nothing is, or else it stays.
    let _ = fs::remove_dir(&aside);
    tracing::warn!(
        "{} is complete now: an earlier run was stopped while it filled it",
        place.display()
    );
    if aside.is_dir() {
        tracing::warn!("{} holds what it replaced", aside.display());
    }
    Ok(())
}

fn move_all(from: &Path, to: &Path, renames: &mut Renames) -> io::Result<()> {
    entries(from)?.iter().try_for_each(|entry| renames.move_into(&from.join(entry), to))
}

/// The names in a folder, all read before any is moved.
fn entries(folder: &Path) -> io::Result<Vec<std::ffi::OsString>> {
    fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.file_name())).collect()
}

/// Makes a folder that its owner alone can look into, unless it is there.
fn make_private(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    let made = {
        use std::os::unix::fs::DirBuilderExt;
        fs::DirBuilder::new().mode(0o700).create(folder)
    };
    #[cfg(not(unix))]
    let made = fs::create_dir(folder);
    match made {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}
