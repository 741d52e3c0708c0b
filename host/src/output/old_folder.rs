//! The folder that an output replaces.

use super::names::LOST_AND_FOUND;
use super::removal::make_writable;
use super::{below, target};
use crate::file_identity::{FileId, FileIdentity};
use crate::{Error, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The content of a folder when the user agreed to lose it; paths are relative to it.
///
/// Nothing else is ever removed: the folder is checked again before, and new or changed entries
/// stay.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct OldFolder {
    folders: BTreeMap<PathBuf, FileId>,
    files: BTreeMap<PathBuf, FileIdentity>,
}

impl OldFolder {
    /// Reads the content of the folder `path`.
    pub fn look_at(path: &Path) -> Result<Self> {
        Self::look_at_but(path, None)
    }

    /// Reads the content of the folder `path` but for one entry.
    fn look_at_but(path: &Path, but: Option<&OsStr>) -> Result<Self> {
        let mut old = Self::default();
        old.add(path, Path::new(""), but)?;
        Ok(old)
    }

    fn add(&mut self, root: &Path, inside: &Path, but: Option<&OsStr>) -> Result<()> {
        let folder = below(root, inside);
        let id = FileIdentity::of_link(&folder).map_err(Error::io("read", &folder))?.id();
        self.folders.insert(inside.to_path_buf(), id);
        for entry in fs::read_dir(&folder).map_err(Error::io("read", &folder))? {
            let entry = entry.map_err(Error::io("read", &folder))?;
            let (path, relative) = (entry.path(), inside.join(entry.file_name()));
            let is_of_the_system =
                inside.as_os_str().is_empty() && entry.file_name() == LOST_AND_FOUND;
            if is_of_the_system || but == Some(&entry.file_name()) {
                continue;
            }
            if entry.file_type().map_err(Error::io("read", &path))?.is_dir() {
                self.add(root, &relative, None)?;
            } else {
                let identity = FileIdentity::of_link(&path).map_err(Error::io("read", &path))?;
                self.files.insert(relative, identity);
            }
        }
        Ok(())
    }

    /// Returns whether nothing is in it, as in one that was made for the output.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.folders.len() == 1
    }

    /// Returns whether this folder is it or lies in it.
    pub fn holds(&self, folder: FileId) -> bool {
        self.folders.values().any(|id| *id == folder)
    }

    /// Returns whether one of these folders is this one or lies in it.
    pub fn holds_any(&self, ids: &BTreeSet<FileId>) -> bool {
        self.folders.values().any(|id| ids.contains(id))
    }

    /// Fails where the folder `path` is not the one that was looked at, or something in it changed.
    /// An entry `but` is expected to have come into it.
    pub fn check(&self, path: &Path, but: Option<&OsStr>, named: &Path) -> Result<()> {
        let now = Self::look_at_but(path, but)?;
        let same_content = |file: &PathBuf, was: &FileIdentity| {
            now.files.get(file).is_some_and(|is| is.has_same_content(was))
        };
        let same = now.folders == self.folders
            && now.files.len() == self.files.len()
            && self.files.iter().all(|(file, was)| same_content(file, was));
        if same { Ok(()) } else { Err(target::changed(named)) }
    }

    /// The names directly in it.
    pub fn entries(&self) -> impl Iterator<Item = &Path> {
        let all = self.files.keys().chain(self.folders.keys()).map(PathBuf::as_path);
        all.filter(|path| path.iter().count() == 1)
    }

    /// Removes it from `path`, to where it was moved.
    ///
    /// # Errors
    /// Errors of the system; [`io::ErrorKind::DirectoryNotEmpty`] where something came into it.
    pub fn remove(&self, path: &Path) -> io::Result<()> {
        let inside = |relative: &Path| below(path, relative);
        for folder in self.folders.keys() {
            make_writable(&inside(folder))?;
        }
        for (file, was) in &self.files {
            if FileIdentity::of_link(&inside(file))?.has_same_content(was) {
                fs::remove_file(inside(file))?;
            }
        }
        // In reverse order what lies in a folder comes before it.
        self.folders.keys().rev().try_for_each(|folder| fs::remove_dir(inside(folder)))
    }
}
