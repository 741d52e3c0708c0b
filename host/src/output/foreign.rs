//! Files that an output folder would not write again, and must therefore not replace.

use super::below;
use super::fixed::is_mount_point;
use super::names::{LOST_AND_FOUND, is_unfinished};
use crate::{Error, Result};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The first file or mount point found in the folder `root` that is not `planned` and that no
/// earlier run left unfinished; the search begins `inside` of it.
pub(super) fn foreign_file(
    root: &Path,
    inside: &Path,
    planned: &BTreeSet<PathBuf>,
) -> Result<Option<PathBuf>> {
    let folder = below(root, inside);
    for entry in fs::read_dir(&folder).map_err(Error::io("read", &folder))? {
        let entry = entry.map_err(Error::io("read", &folder))?;
        let relative = inside.join(entry.file_name());
        let found = if is_unfinished(&relative) || relative == Path::new(LOST_AND_FOUND) {
            None
        } else if entry.file_type().map_err(Error::io("read", entry.path()))?.is_dir() {
            if is_mount_point(&entry.path()) {
                return Ok(Some(relative));
            }
            foreign_file(root, &relative, planned)?
        } else {
            Some(relative).filter(|file| !planned.contains(file))
        };
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}
