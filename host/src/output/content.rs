//! The planned content of an output folder.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The planned content of an output folder, and where it is read; paths are relative to `source`.
#[derive(Debug, Clone)]
pub struct FolderContent<'a> {
    /// The folder that all is read from.
    pub source: &'a Path,
    /// The files of the output; they lie in the same folders as those that they are made from.
    pub files: &'a BTreeSet<PathBuf>,
    /// Folders of the output with nothing in them.
    pub empty_folders: &'a [PathBuf],
    /// The files that are read.
    pub read: Vec<&'a Path>,
}
