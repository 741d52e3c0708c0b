//! The identity of a file that was read.

use crate::file_identity::FileIdentity;
use crate::{Error, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// A file as it was when it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    path: PathBuf,
    identity: FileIdentity,
}

impl SourceFile {
    pub(super) fn new(path: &Path, identity: FileIdentity) -> Self {
        Self { path: path.to_path_buf(), identity }
    }

    /// Its path, as it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Fails where the path leads to another file now, or to one that has been written to.
    pub(super) fn check_unchanged(&self) -> Result<()> {
        self.check(FileIdentity::of_path(&self.path).is_ok_and(|now| now == self.identity))
    }

    /// Fails where the name belongs to another file or to a link now, or to one that has been
    /// written to.
    pub(super) fn check_removable(&self) -> Result<()> {
        self.check(FileIdentity::of_link(&self.path).is_ok_and(|now| now == self.identity))
    }

    /// Removes the file, unless it has changed since it was read. Its number of hard links may have
    /// become smaller, as the others may have been sources, too.
    pub(super) fn remove(&self) -> Result<()> {
        let now = FileIdentity::of_link(&self.path);
        self.check(now.is_ok_and(|now| now.has_same_content(&self.identity)))?;
        fs::remove_file(&self.path).map_err(Error::io("remove", &self.path))
    }

    fn check(&self, unchanged: bool) -> Result<()> {
        if unchanged { Ok(()) } else { Err(Error::Changed { path: self.path.clone() }) }
    }
}
