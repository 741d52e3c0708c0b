//! One output file.

use super::names::{self, RANDOM};
use super::{parent, sync_folder, unfinished};
use crate::positioned_file;
use crate::{Error, Result};
use std::fs::{self, Permissions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// A file that appears at its target only when [`OutputFile::commit`] is called; dropped before, it leaves nothing.
#[derive(Debug)]
pub struct OutputFile {
    /// Gone only while the file is being renamed.
    temporary: Option<NamedTempFile>,
    target: PathBuf,
    overwrite: bool,
    permissions: Option<Permissions>,
}

impl OutputFile {
    /// Creates the temporary file beside `target`.
    ///
    /// With `permissions` it is readable by its owner alone until it is committed with these; without, it has
    /// those of any new file.
    ///
    /// # Errors
    /// [`Error::OutputExists`] where `target` exists and `overwrite` is not set, [`Error::Io`] where it is not a
    /// regular file or nothing can be created beside it.
    pub fn create(
        target: &Path,
        overwrite: bool,
        permissions: Option<Permissions>,
    ) -> Result<Self> {
        check_target(target, overwrite)?;
        let temporary = create_beside(target, permissions.is_none())?;
        let target = target.to_path_buf();
        Ok(Self { temporary: Some(temporary), target, overwrite, permissions })
    }

    /// Where the file will appear.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Where the file is until then.
    pub fn temporary_path(&self) -> &Path {
        self.temporary.as_ref().map_or(&self.target, |temporary| temporary.path())
    }

    /// Flushes the file to disk and gives it its name.
    ///
    /// # Errors
    /// [`Error::OutputExists`] where the target has come into being meanwhile, [`Error::Io`]. The temporary file
    /// is removed.
    pub fn commit(mut self) -> Result<()> {
        let Some(temporary) = self.temporary.take() else { return Ok(()) };
        if let Err(error) = self.flush_to_disk(&temporary) {
            remove(temporary);
            return Err(Error::io("write", &self.target)(error));
        }
        self.rename(temporary)?;
        sync_folder(parent(&self.target))
    }

    fn flush_to_disk(&mut self, temporary: &NamedTempFile) -> io::Result<()> {
        if let Some(permissions) = self.permissions.take() {
            temporary.as_file().set_permissions(permissions)?;
        }
        temporary.as_file().sync_all()
    }

    fn rename(&self, temporary: NamedTempFile) -> Result<()> {
        let path = temporary.path().to_path_buf();
        unfinished::renaming(&path, || persist(temporary, &self.target, self.overwrite)).map_err(
            |error| match error.kind() {
                io::ErrorKind::AlreadyExists => Error::OutputExists { path: self.target.clone() },
                _ => Error::io("create", &self.target)(error),
            },
        )
    }

    /// Fills `buffer` from what was written at byte `offset` on.
    pub(crate) fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<()> {
        match &self.temporary {
            Some(temporary) => positioned_file::read_exact_at(temporary.as_file(), buffer, offset)
                .map_err(Error::io("read back", &self.target)),
            None => Ok(()),
        }
    }
}

impl Drop for OutputFile {
    fn drop(&mut self) {
        if let Some(temporary) = self.temporary.take() {
            remove(temporary);
        }
    }
}

/// Off the list only when it is gone, so that a signal in between finds it there.
fn remove(temporary: NamedTempFile) {
    let path = temporary.path().to_path_buf();
    drop(temporary);
    unfinished::forget(&path);
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.temporary.as_mut().map_or(Ok(0), |temporary| temporary.as_file_mut().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for OutputFile {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.temporary.as_mut().map_or(Ok(0), |temporary| temporary.as_file_mut().seek(position))
    }
}

/// Refuses a target early, before hours of work, that the rename would refuse or that it must not replace.
fn check_target(target: &Path, overwrite: bool) -> Result<()> {
    let Ok(existing) = fs::symlink_metadata(target) else { return Ok(()) };
    let refused = |kind, message| Err(Error::io("write", target)(io::Error::new(kind, message)));
    if existing.is_dir() {
        return refused(io::ErrorKind::IsADirectory, "it is a folder: choose another name");
    }
    if !existing.is_file() && !existing.is_symlink() {
        return refused(
            io::ErrorKind::InvalidInput,
            "it is not a regular file: choose another name",
        );
    }
    if !overwrite {
        return Err(Error::OutputExists { path: target.to_path_buf() });
    }
    Ok(())
}

fn create_beside(target: &Path, everyday_permissions: bool) -> Result<NamedTempFile> {
    let (prefix, suffix) = names::temporary(target)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(suffix).rand_bytes(RANDOM);
    #[cfg(unix)]
    if everyday_permissions {
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    }
    #[cfg(not(unix))]
    let _ = everyday_permissions;
    unfinished::creating(
        || builder.tempfile_in(parent(target)),
        |temporary| temporary.path().to_path_buf(),
    )
    .map_err(Error::io("create", target))
}

fn persist(temporary: NamedTempFile, target: &Path, overwrite: bool) -> io::Result<()> {
    if overwrite {
        return temporary.persist(target).map(drop).map_err(|refused| refused.error);
    }
    let refused = match temporary.persist_noclobber(target) {
        Ok(_) => return Ok(()),
        Err(refused) if refused.error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(refused.error);
        }
        Err(refused) => refused,
    };
    // Some file systems have neither an exclusive rename nor hard links: there the check comes just before.
    if fs::symlink_metadata(target).is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    refused.file.persist(target).map(drop).map_err(|refused| refused.error)
}
