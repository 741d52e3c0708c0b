//! One output folder.

use super::names::{self, RANDOM};
use super::{parent, sync_folder, unfinished};
use crate::{Error, Result};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder that appears at its target only when [`OutputFolder::commit`] is called; dropped before, it leaves nothing.
#[derive(Debug)]
pub struct OutputFolder {
    /// Gone only while the folder is being renamed.
    temporary: Option<TempDir>,
    path: PathBuf,
    target: PathBuf,
    replaces: bool,
}

impl OutputFolder {
    /// Creates the temporary folder beside `target`, to be filled with the files `planned`, relative to it.
    ///
    /// With `overwrite` an existing folder is replaced, but only one that holds nothing else than these
    /// files: it is not for this crate to delete what it would not write again.
    ///
    /// # Errors
    /// [`Error::OutputExists`] where `target` exists and is not to be replaced, [`Error::InvalidArgument`]
    /// where it must not be, [`Error::Io`].
    pub fn create(target: &Path, overwrite: bool, planned: &BTreeSet<PathBuf>) -> Result<Self> {
        let replaces = check_target(target, overwrite, planned)?;
        let (prefix, suffix) = names::temporary(target)?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix).suffix(suffix).rand_bytes(RANDOM);
        let temporary = unfinished::creating(
            || builder.tempdir_in(parent(target)),
            |temporary| temporary.path().to_path_buf(),
        )
        .map_err(Error::io("create", target))?;
        let (path, target) = (temporary.path().to_path_buf(), target.to_path_buf());
        Ok(Self { temporary: Some(temporary), path, target, replaces })
    }

    /// Where the folder is until it is committed.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the folder its name and the permissions of `source`.
    ///
    /// # Errors
    /// [`Error::Io`]; the temporary folder is removed.
    pub fn commit(mut self, source: &Path) -> Result<()> {
        let permissions = fs::metadata(source).map_err(Error::io("read", source))?.permissions();
        sync_folder(&self.path)?;
        fs::set_permissions(&self.path, permissions).map_err(Error::io("create", &self.target))?;
        let old = unfinished::renaming(&self.path, || self.rename())
            .map_err(Error::io("create", &self.target))?;
        if let Some(temporary) = self.temporary.take() {
            // It has another name now, so that there is nothing to remove.
            let _ = temporary.keep();
        }
        if let Some(old) = old {
            fs::remove_dir_all(&old).map_err(Error::io("remove", &old))?;
        }
        sync_folder(parent(&self.target))
    }

    /// Swaps the temporary folder in; where one is replaced, the old one is moved aside and its path returned.
    fn rename(&self) -> io::Result<Option<PathBuf>> {
        if !self.replaces {
            return fs::rename(&self.path, &self.target).map(|()| None);
        }
        let mut aside = self.path.clone().into_os_string();
        aside.push(".old");
        let aside = PathBuf::from(aside);
        fs::rename(&self.target, &aside)?;
        if let Err(error) = fs::rename(&self.path, &self.target) {
            // Best effort: the error that matters is the one that led here.
            let _ = fs::rename(&aside, &self.target);
            return Err(error);
        }
        Ok(Some(aside))
    }

    /// Makes an error about a file in the temporary folder name the path that it was to have.
    pub fn name_target(&self, error: Error) -> Error {
        let named = |path: PathBuf| match path.strip_prefix(&self.path) {
            Ok(inside) => self.target.join(inside),
            Err(_) => path,
        };
        match error {
            Error::Io { action, path, source } => Error::Io { action, path: named(path), source },
            Error::OutputExists { path } => Error::OutputExists { path: named(path) },
            other => other,
        }
    }
}

impl Drop for OutputFolder {
    fn drop(&mut self) {
        if let Some(temporary) = self.temporary.take() {
            // Off the list only when it is gone, so that a signal in between finds it there.
            drop(temporary);
            unfinished::forget(&self.path);
        }
    }
}

/// Whether there is a folder to replace.
fn check_target(target: &Path, overwrite: bool, planned: &BTreeSet<PathBuf>) -> Result<bool> {
    let Ok(existing) = fs::symlink_metadata(target) else { return Ok(false) };
    if !overwrite {
        return Err(Error::OutputExists { path: target.to_path_buf() });
    }
    if !existing.is_dir() {
        let error = io::Error::new(io::ErrorKind::NotADirectory, "it is not a folder: remove it");
        return Err(Error::io("replace", target)(error));
    }
    check_replaceable(target, Path::new(""), planned)?;
    Ok(true)
}

fn check_replaceable(target: &Path, inside: &Path, planned: &BTreeSet<PathBuf>) -> Result<()> {
    let folder = target.join(inside);
    for entry in fs::read_dir(&folder).map_err(Error::io("read", &folder))? {
        let entry = entry.map_err(Error::io("read", &folder))?;
        let relative = inside.join(entry.file_name());
        if entry.file_type().map_err(Error::io("read", entry.path()))?.is_dir() {
            check_replaceable(target, &relative, planned)?;
        } else if !planned.contains(&relative) {
            return Err(Error::InvalidArgument(format!(
                "{} would be lost if {} were replaced: move it away or choose another name",
                entry.path().display(),
                target.display()
            )));
        }
    }
    Ok(())
}
