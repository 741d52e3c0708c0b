//! One output folder.

use super::content::FolderContent;
use super::fixed::must_stay;
use super::foreign::foreign_file;
use super::names::{self, RANDOM};
use super::old_folder::OldFolder;
use super::removal::remove_all;
use super::source_folders::SourceFolders;
use super::target::Target;
use super::{below, in_place, parent, replace, sync_folder, unfinished};
use crate::attributes::Attributes;
use crate::{Error, Result};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder that appears at its target only when [`OutputFolder::commit`] is called; dropped
/// before, it leaves nothing.
#[derive(Debug)]
pub struct OutputFolder {
    /// Gone once the folder has its name.
    temporary: Option<TempDir>,
    path: PathBuf,
    target: Target,
    sources: SourceFolders,
    old: Option<OldFolder>,
    /// True if `old` keeps its place, and only its content is replaced.
    stays: bool,
}

impl OutputFolder {
    /// Creates the temporary folder beside `target`, or in it where that has to keep its place, to
    /// be filled with `content`. Until it is committed none but its owner can look into it.
    ///
    /// An empty folder at `target` is filled. With `overwrite` another is replaced, but only one
    /// that holds no other files than these: this crate must not delete files that it would not
    /// write again. A target that is a link is followed. A replacement that an earlier run was
    /// killed in is undone first.
    ///
    /// # Errors
    /// [`Error::OutputExists`] where `target` exists and is not to be replaced,
    /// [`Error::InvalidArgument`] where it must not be, or lies in the source; [`Error::Io`].
    pub fn create(content: &FolderContent<'_>, target: &Path, overwrite: bool) -> Result<Self> {
        let sources = SourceFolders::look_at(content)?;
        replace::recover(target)?;
        in_place::recover(target)?;
        let target = Target::look_at(target)?;
        sources.check_apart(content, &target)?;
        let old = look_at_old(&target, overwrite, content.files)?;
        if let Some(old) = &old {
            sources.check_not_in(old, content, &target)?;
        }
        let stays = old.is_some() && must_stay(&target.place);
        let temporary = create(&target, if stays { &target.place } else { parent(&target.place) })?;
        let path = temporary.path().to_path_buf();
        Ok(Self { temporary: Some(temporary), path, target, sources, old, stays })
    }

    /// The path of the folder until it is committed.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path that the file `relative` has until then; the folders that it lies in are made.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn place(&self, relative: &Path) -> Result<PathBuf> {
        let path = self.path.join(relative);
        self.make_folder(parent(relative))?;
        Ok(path)
    }

    /// Makes the folder `relative`, and those that it lies in.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn make_folder(&self, relative: &Path) -> Result<()> {
        let folder = self.path.join(relative);
        unfinished::unless_stopped(|| fs::create_dir_all(&folder))
            .map_err(Error::io("create", folder))
    }

    /// Gives the folder its name, and those in it the modes, owners and times of the ones that they
    /// stand for.
    ///
    /// # Errors
    /// [`Error::OutputExists`] where the target has come into being meanwhile, [`Error::Io`]. The
    /// temporary folder is removed, and a folder that was to be replaced stays; but where it is
    /// only the old folder that cannot be removed afterwards, the error says under which name it is
    /// left.
    pub fn commit(mut self) -> Result<()> {
        let path = self.path.clone();
        let finish = || {
            let finished = self.finish();
            if let Some(temporary) = self.temporary.take() {
                // Best effort: the error that matters is the one that led here.
                let _ = remove_all(&temporary.keep());
            }
            Ok(finished)
        };
        // A signal waits meanwhile, so that it finds nothing half done.
        unfinished::renaming(&path, finish)
            .map_err(|error| self.name_target(Error::io("create", &path)(error)))
            .and_then(|finished| finished)
    }

    fn finish(&mut self) -> Result<()> {
        let old_path = self.install().map_err(|error| self.name_target(error))?;
        if let Some(temporary) = self.temporary.take() {
            // Its name is gone, or belongs to the old folder now, which a mere drop must not
            // remove.
            let _ = temporary.keep();
        }
        let place = &self.target.place;
        let synced = sync_folder(if self.stays { place } else { parent(place) });
        if let (Some(old), Some(path)) = (&self.old, old_path) {
            old.remove(&path).map_err(Error::io("remove", &path))?;
        }
        synced
    }

    /// Moves the finished folder to its place. Returns the path to which the old one was moved.
    fn install(&self) -> Result<Option<PathBuf>> {
        let Target { given, place, existing } = &self.target;
        // A folder that was made for the output keeps the mode it was given.
        let made = self.stays || self.old.as_ref().is_some_and(OldFolder::is_empty);
        let own = existing.as_ref().filter(|_| made).map(|made| Attributes::of(&made.metadata));
        self.sources.finish(&self.path, given, own.as_ref())?;
        match &self.old {
            Some(old) if self.stays => in_place::fill(&self.path, &self.target, old).map(Some),
            Some(old) => replace::replace(&self.path, place, old, given).map(Some),
            None => replace::appear(&self.path, place, given).map(|()| None),
        }
    }

    /// Makes an error about a file in the temporary folder name the path that it was to have.
    pub fn name_target(&self, error: Error) -> Error {
        let named = |path: PathBuf| match path.strip_prefix(&self.path) {
            Ok(inside) => below(&self.target.given, inside),
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
            // Best effort: the error that matters is the one that led here.
            let _ = remove_all(&temporary.keep());
            // Off the list only when it is gone, so that a signal in between finds it there.
            unfinished::forget(&self.path);
        }
    }
}

fn create(target: &Target, folder: &Path) -> Result<TempDir> {
    let (prefix, suffix) = names::temporary(&target.place)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(suffix).rand_bytes(RANDOM);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    unfinished::creating(|| builder.tempdir_in(folder), |temporary| temporary.path().to_path_buf())
        .map_err(Error::io("create", &target.given))
}

/// The folder to replace or to fill, if there is one.
fn look_at_old(
    target: &Target,
    overwrite: bool,
    planned: &BTreeSet<PathBuf>,
) -> Result<Option<OldFolder>> {
    let Some(existing) = &target.existing else { return Ok(None) };
    if !existing.metadata.is_dir() {
        let reason = "it is not a folder: choose another name";
        let error = io::Error::new(io::ErrorKind::NotADirectory, reason);
        return Err(Error::io("replace", &target.given)(error));
    }
    // Only this far, as all that a folder holds can be much.
    let empty = BTreeSet::new();
    let expected = if overwrite { planned } else { &empty };
    let Some(other) = foreign_file(&target.place, Path::new(""), expected)? else {
        return OldFolder::look_at(&target.place).map(Some);
    };
    if !overwrite {
        return Err(Error::OutputExists { path: target.given.clone() });
    }
    Err(Error::InvalidArgument(format!(
        "{} would be lost if {} were replaced: move it away or choose another name",
        below(&target.given, &other).display(),
        target.given.display()
    )))
}
