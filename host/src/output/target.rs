//! The place of an output, checked before any work could be lost.

use super::fixed::must_stay;
use super::parent;
use crate::file_identity::FileIdentity;
use crate::{Error, Result};
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// The place of an output, and the file or folder that stood there when the run began.
#[derive(Debug)]
pub(super) struct Target {
    /// The path that was given, for messages.
    pub given: PathBuf,
    /// The same place with a link at its end followed, so that the link stays one.
    pub place: PathBuf,
    /// The file or folder that stood there when the run began.
    pub existing: Option<Existing>,
}

/// A file or folder where the output will stand.
#[derive(Debug)]
pub(super) struct Existing {
    pub identity: FileIdentity,
    pub metadata: Metadata,
}

impl Target {
    /// Looks at `given`.
    ///
    /// # Errors
    /// [`Error::Io`] where nothing can be made there: the folder that it lies in is missing, its
    /// name is too long, or it is a link that leads nowhere.
    pub fn look_at(given: &Path) -> Result<Self> {
        // Without a slash at the end, which would have a link followed here, and fail for a file.
        let bare: PathBuf =
            given.file_name().map_or_else(|| given.into(), |_| given.components().collect());
        let place = match fs::symlink_metadata(&bare) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Self::absent(given, error);
            }
            Err(error) => return Err(Error::io("write", given)(error)),
            Ok(metadata) if metadata.is_symlink() => follow(&bare)?,
            Ok(_) if given.file_name().is_some() => bare,
            Ok(_) => given.canonicalize().map_err(Error::io("write", given))?,
        };
        let look = || {
            let identity = FileIdentity::of_link(&place)?;
            Ok(Existing { identity, metadata: fs::symlink_metadata(&place)? })
        };
        let existing = look().map_err(Error::io("write", given))?;
        Ok(Self { given: given.to_path_buf(), place, existing: Some(existing) })
    }

    fn absent(given: &Path, error: io::Error) -> Result<Self> {
        let place: PathBuf = given.components().collect();
        let folder = parent(&place);
        if !folder.is_dir() {
            return Err(Error::io("create", given)(error));
        }
        Ok(Self { given: given.to_path_buf(), place, existing: None })
    }

    /// Refuses a place that a file cannot have, or must not take.
    ///
    /// # Errors
    /// [`Error::OutputExists`], [`Error::Io`].
    pub fn check_for_file(&self, overwrite: bool) -> Result<()> {
        let (kind, reason) = match &self.existing {
            Some(existing) if existing.metadata.is_dir() => {
                (io::ErrorKind::IsADirectory, "it is a folder: choose another name")
            }
            Some(existing) if !existing.metadata.is_file() => {
                (io::ErrorKind::InvalidInput, "it is not a regular file: choose another name")
            }
            _ if ends_in_slash(&self.given) => {
                (io::ErrorKind::NotADirectory, "a file's name does not end in a slash")
            }
            None => return Ok(()),
            Some(_) if overwrite && must_stay(&self.place) => (
                io::ErrorKind::ResourceBusy,
                "it is a mount point, or another user's, and cannot be replaced: choose another name",
            ),
            Some(_) if overwrite => return Ok(()),
            Some(_) => return Err(Error::OutputExists { path: self.given.clone() }),
        };
        Err(refused(&self.given, kind, reason))
    }

    /// Returns whether there is a file to replace. It must be the one that was there at the
    /// beginning: no user has agreed to lose a newer one.
    ///
    /// # Errors
    /// [`Error::Io`] where it is another, or has other content.
    pub fn check_replaced(&self) -> Result<bool> {
        let Some(existing) = &self.existing else { return Ok(false) };
        match FileIdentity::of_link(&self.place) {
            Ok(now) if now.has_same_content(&existing.identity) => Ok(true),
            Ok(_) => Err(changed(&self.given)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(Error::io("replace", &self.given)(error)),
        }
    }
}

/// The error for a target that changed since the work began.
pub(super) fn changed(target: &Path) -> Error {
    let reason = "it was changed meanwhile: it was left as it is, and nothing was written";
    Error::io("replace", target)(io::Error::other(reason))
}

fn follow(link: &Path) -> Result<PathBuf> {
    if leads_to_descriptor(link) {
        let reason = "it is a descriptor of a running program: files are written to disk, checked, \
                      and then get their name";
        return Err(refused(link, io::ErrorKind::InvalidInput, reason));
    }
    link.canonicalize().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            refused(link, error.kind(), "it is a link that leads nowhere: choose another name")
        }
        _ => Error::io("write", link)(error),
    })
}

/// Returns whether a link leads to an open descriptor of a program, like `/dev/stdout`. The file
/// there could be replaced, but not written to by those that have it open.
fn leads_to_descriptor(link: &Path) -> bool {
    let mut place = link.to_path_buf();
    // More than any system follows.
    for _ in 0..64 {
        let Ok(folder) = parent(&place).canonicalize() else { return false };
        if folder == Path::new("/dev/fd") || folder.starts_with("/proc") && folder.ends_with("fd") {
            return true;
        }
        match fs::read_link(&place) {
            Ok(next) => place = folder.join(next),
            Err(_) => return false,
        }
    }
    false
}

fn refused(target: &Path, kind: io::ErrorKind, reason: impl Into<String>) -> Error {
    Error::io("write", target)(io::Error::new(kind, reason.into()))
}

fn ends_in_slash(path: &Path) -> bool {
    path.to_string_lossy().chars().next_back().is_some_and(std::path::is_separator)
}
