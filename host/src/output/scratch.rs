//! A temporary folder for a file that is made on the way to an output.

use super::names::{self, RANDOM};
use super::removal::remove_all;
use super::target::Target;
use super::{parent, unfinished};
use crate::{Error, Result};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder beside a target, which is gone when this is dropped, or the process is told to stop.
#[derive(Debug)]
pub struct ScratchFolder {
    temporary: Option<TempDir>,
    path: PathBuf,
}

impl ScratchFolder {
    /// Creates the folder beside `target`, which need not be there.
    ///
    /// # Errors
    /// [`Error::Io`] where nothing can be created there.
    pub fn beside(target: &Path) -> Result<Self> {
        let target = Target::look_at(target)?;
        let (prefix, suffix) = names::temporary(&target.place)?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix).suffix(suffix).rand_bytes(RANDOM);
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let folder = parent(&target.place);
        let path_of = |temporary: &TempDir| temporary.path().to_path_buf();
        let temporary = unfinished::creating(|| builder.tempdir_in(folder), path_of)
            .map_err(Error::io("create", &target.given))?;
        let path = path_of(&temporary);
        Ok(Self { temporary: Some(temporary), path })
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for ScratchFolder {
    fn drop(&mut self) {
        if let Some(temporary) = self.temporary.take() {
            // Best effort: the error that matters is the one that led here.
            let _ = remove_all(&temporary.keep());
            unfinished::forget(&self.path);
        }
    }
}
