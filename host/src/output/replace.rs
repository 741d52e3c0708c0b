//! Gives a finished folder its name, so that a stop at any point leaves the old or the new one
//! there.

use super::exchange::exchange;
use super::old_folder::OldFolder;
use super::{names, parent, sync_folder};
use crate::{Error, Result};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Gives `folder` the name `place`, which nothing has.
///
/// # Errors
/// [`Error::OutputExists`] where something has it after all, [`Error::Io`].
pub(super) fn appear(folder: &Path, place: &Path, named: &Path) -> Result<()> {
    if place.symlink_metadata().is_ok() {
        return Err(Error::OutputExists { path: named.to_path_buf() });
    }
    fs::rename(folder, place).map_err(|error| match error.kind() {
        io::ErrorKind::DirectoryNotEmpty
        | io::ErrorKind::AlreadyExists
        | io::ErrorKind::NotADirectory => Error::OutputExists { path: named.to_path_buf() },
        _ => Error::io("create", named)(error),
    })
}

/// Gives `folder` the name `place`, which the folder `old` has, and returns the name that that has
/// then.
///
/// # Errors
/// [`Error::Io`], also where there is another folder than `old` now; that then stays.
pub(super) fn replace(
    folder: &Path,
    place: &Path,
    old: &OldFolder,
    named: &Path,
) -> Result<PathBuf> {
    old.check(place, None, named)?;
    if exchange(folder, place).is_err() {
        return move_aside(folder, place, old, named);
    }
    // Again, as only now no other program can find it by its name.
    if let Err(error) = old.check(folder, None, named) {
        exchange(folder, place).map_err(Error::io("replace", named))?;
        return Err(error);
    }
    Ok(folder.to_path_buf())
}

/// In two steps, where the file system cannot exchange names. After a stop in between [`recover`]
/// undoes the first.
fn move_aside(folder: &Path, place: &Path, old: &OldFolder, named: &Path) -> Result<PathBuf> {
    let aside = names::aside(place)?;
    if aside.symlink_metadata().is_ok() {
        let reason = "an earlier run left it: remove it, or move it back to where it belongs";
        return Err(Error::io("use", aside)(io::Error::new(io::ErrorKind::AlreadyExists, reason)));
    }
    fs::rename(place, &aside).map_err(Error::io("replace", named))?;
    let moved = old
        .check(&aside, None, named)
        .and_then(|()| fs::rename(folder, place).map_err(Error::io("create", named)));
    if let Err(error) = moved {
        fs::rename(&aside, place).map_err(Error::io("put back", &aside))?;
        return Err(error);
    }
    Ok(aside)
}

/// Puts a folder back that an earlier run moved aside for `target` and was stopped before it
/// replaced it.
///
/// # Errors
/// [`Error::Io`].
pub(super) fn recover(target: &Path) -> Result<()> {
    let Some(place) = target.file_name().map(|_| target.components().collect::<PathBuf>()) else {
        return Ok(());
    };
    let is_absent = |path: &Path| {
        path.symlink_metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
    };
    let aside = names::aside(&place)?;
    if !aside.is_dir() {
        return Ok(());
    }
    if !is_absent(&place) {
        return rename_stale(&aside);
    }
    fs::rename(&aside, &place).map_err(Error::io("put back", &aside))?;
    tracing::warn!("{} is back: an earlier run was stopped while it replaced it", place.display());
    sync_folder(parent(&place))
}

/// Renames a replaced folder that a stopped run could not remove: the next folder to be moved aside
/// needs its name.
fn rename_stale(aside: &Path) -> Result<()> {
    let mut names = (0..u32::MAX).map(|number| names::numbered(aside, number));
    // There are more names than folders.
    let free = names.find(|name| name.symlink_metadata().is_err()).unwrap_or_default();
    fs::rename(aside, &free).map_err(Error::io("rename", aside))?;
    tracing::warn!("{} was replaced by a run that was stopped: remove it", free.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    /// The folders `old` and `new`, each with a file of its name.
    fn folders() -> (TempDir, PathBuf, PathBuf, OldFolder) {
        let parent = TempDir::new().unwrap();
        let [old, new] = ["old", "new"].map(|name| {
            let path = parent.path().join(name);
            fs::create_dir(&path).unwrap();
            fs::write(path.join("name"), name).unwrap();
            path
        });
        let looked_at = OldFolder::look_at(&old).unwrap();
        (parent, old, new, looked_at)
    }

    fn content(folder: &Path) -> String {
        fs::read_to_string(folder.join("name")).unwrap()
    }

    #[test]
    fn a_folder_is_replaced_where_names_cannot_be_exchanged() {
        let (parent, old, new, looked_at) = folders();
        let aside = move_aside(&new, &old, &looked_at, &old).unwrap();
        assert_eq!((content(&old), content(&aside)), ("new".into(), "old".into()));
        looked_at.remove(&aside).unwrap();
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_was_moved_aside_comes_back() {
        let (_parent, old, _new, _) = folders();
        fs::rename(&old, names::aside(&old).unwrap()).unwrap();
        recover(&old).unwrap();
        assert_eq!(content(&old), "old");
        // Where nothing is missing there is nothing to do.
        recover(&old).unwrap();
        assert_eq!(content(&old), "old");
    }

    #[test]
    fn a_folder_that_was_replaced_and_not_removed_makes_way() {
        let (parent, old, new, looked_at) = folders();
        let aside = move_aside(&new, &old, &looked_at, &old).unwrap();
        for names in 2..5 {
            recover(&old).unwrap();
            assert!(!aside.exists());
            assert_eq!(fs::read_dir(parent.path()).unwrap().count(), names);
            fs::create_dir(&aside).unwrap();
        }
        assert_eq!(content(&old), "new");
    }

    #[test]
    fn another_folder_than_was_looked_at_stays() {
        for by in [replace, move_aside] {
            let (parent, old, new, looked_at) = folders();
            fs::write(old.join("thesis"), "since then").unwrap();
            let error = by(&new, &old, &looked_at, &old).unwrap_err();
            assert!(error.to_string().contains("changed meanwhile"), "{error}");
            assert_eq!((content(&old), content(&new)), ("old".into(), "new".into()));
            assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 2);
        }
    }

    #[test]
    fn what_comes_into_an_old_folder_is_not_removed_with_it() {
        let (_parent, old, _new, looked_at) = folders();
        fs::write(old.join("thesis"), "since then").unwrap();
        assert!(looked_at.remove(&old).is_err());
        assert_eq!(fs::read_to_string(old.join("thesis")).unwrap(), "since then");
    }
}
