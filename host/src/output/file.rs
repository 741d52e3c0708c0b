//! One output file.

use super::names::{self, RANDOM};
use super::target::Target;
use super::{parent, sync_folder, unfinished};
use crate::attributes::Attributes;
use crate::positioned_file;
use crate::{Error, Result};
use std::fs;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;
use tempfile::NamedTempFile;

/// A file that appears at its target only when [`OutputFile::commit`] is called; dropped before, it
/// leaves nothing.
#[derive(Debug)]
pub struct OutputFile {
    /// Gone only while the file is being renamed.
    temporary: Option<NamedTempFile>,
    target: Target,
    attributes: Option<Attributes>,
}

impl OutputFile {
    /// Creates the temporary file beside `target`.
    ///
    /// With `attributes` it is readable by its owner alone until it is committed with these;
    /// without, it has the mode of any new file. A target that is a link is followed.
    ///
    /// # Errors
    /// [`Error::OutputExists`] where `target` exists and `overwrite` is not set, [`Error::Io`]
    /// where it is not a regular file or nothing can be created beside it.
    pub fn create(target: &Path, overwrite: bool, attributes: Option<Attributes>) -> Result<Self> {
        let target = Target::look_at(target)?;
        target.check_for_file(overwrite)?;
        let temporary = create_beside(&target, attributes.is_none())?;
        Ok(Self { temporary: Some(temporary), target, attributes })
    }

    /// The path that the file will appear at.
    pub fn target(&self) -> &Path {
        &self.target.given
    }

    /// The path of the file until it is committed.
    pub fn temporary_path(&self) -> &Path {
        self.temporary.as_ref().map_or(&self.target.place, |temporary| temporary.path())
    }

    /// Flushes the file to disk and gives it its name.
    ///
    /// # Errors
    /// [`Error::OutputExists`] where the target has come into being meanwhile, [`Error::Io`] where
    /// it has changed meanwhile or the system refuses. The temporary file is removed.
    pub fn commit(mut self) -> Result<()> {
        let Some(temporary) = self.temporary.take() else { return Ok(()) };
        let replaces = self.flush_to_disk(&temporary).and_then(|()| self.target.check_replaced());
        match replaces {
            Ok(replaces) => self.rename(temporary, replaces)?,
            Err(error) => {
                remove(temporary);
                return Err(error);
            }
        }
        sync_folder(parent(&self.target.place))
    }

    fn flush_to_disk(&self, temporary: &NamedTempFile) -> Result<()> {
        let file = temporary.as_file();
        if let Some(attributes) = &self.attributes {
            attributes.apply_to(file, &self.target.given);
        }
        file.sync_all().map_err(Error::io("write", &self.target.given))
    }

    fn rename(&self, temporary: NamedTempFile, replaces: bool) -> Result<()> {
        let path = temporary.path().to_path_buf();
        let Target { given, place, .. } = &self.target;
        unfinished::renaming(&path, || persist(temporary, place, replaces)).map_err(|error| {
            match error.kind() {
                io::ErrorKind::AlreadyExists => Error::OutputExists { path: given.clone() },
                _ => Error::io("create", given)(error),
            }
        })
    }

    /// Fills `buffer` with the bytes written from `offset` on.
    pub(crate) fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<()> {
        match &self.temporary {
            Some(temporary) => positioned_file::read_exact_at(temporary.as_file(), buffer, offset)
                .map_err(Error::io("read back", &self.target.given)),
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

fn create_beside(target: &Target, everyday_permissions: bool) -> Result<NamedTempFile> {
    let (prefix, suffix) = names::temporary(&target.place)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(suffix).rand_bytes(RANDOM);
    #[cfg(unix)]
    if everyday_permissions {
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    }
    #[cfg(not(unix))]
    let _ = everyday_permissions;
    unfinished::creating(
        || builder.tempfile_in(parent(&target.place)),
        |temporary| temporary.path().to_path_buf(),
    )
    .map_err(Error::io("create", &target.given))
}

fn persist(temporary: NamedTempFile, target: &Path, replaces: bool) -> io::Result<()> {
    if replaces {
        return temporary.persist(target).map(drop).map_err(|refused| refused.error);
    }
    let refused = match temporary.persist_noclobber(target) {
        Ok(_) => return Ok(()),
        Err(refused) if refused.error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(refused.error);
        }
        Err(refused) => refused,
    };
    // Some file systems have neither an exclusive rename nor hard links: there the check comes just
    // before.
    if fs::symlink_metadata(target).is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    refused.file.persist(target).map(drop).map_err(|refused| refused.error)
}
