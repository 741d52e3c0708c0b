//! The folders that an output folder is made from.

use super::Attributes;
use super::folder::FolderContent;
use super::old_folder::OldFolder;
use super::target::Target;
use crate::file_identity::{FileId, FileIdentity};
use crate::{Error, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Each folder that files are taken from, by its path relative to the source.
#[derive(Debug)]
pub(super) struct SourceFolders {
    /// With none where the source lacks a folder in which there is nothing to read.
    folders: BTreeMap<PathBuf, Option<Attributes>>,
    ids: BTreeSet<FileId>,
}

impl SourceFolders {
    /// Looks at the source of `content` and at those folders in it that the output has, too.
    pub fn look_at(content: &FolderContent<'_>) -> Result<Self> {
        let mut found = Self { folders: BTreeMap::new(), ids: BTreeSet::new() };
        let of_files = content.files.iter().flat_map(|file| file.ancestors().skip(1));
        let empty = content.empty_folders.iter().flat_map(|folder| folder.ancestors());
        for folder in of_files.chain(empty).collect::<BTreeSet<_>>() {
            let attributes = found.look_at_one(&content.source.join(folder))?;
            found.folders.insert(folder.to_path_buf(), attributes);
        }
        Ok(found)
    }

    fn look_at_one(&mut self, path: &Path) -> Result<Option<Attributes>> {
        match (FileIdentity::of_path(path), fs::metadata(path)) {
            (Ok(identity), Ok(metadata)) => {
                self.ids.insert(identity.id());
                Ok(Some(Attributes::of(&metadata)))
            }
            (Err(error), _) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            (Err(error), _) | (_, Err(error)) => Err(Error::io("read", path)(error)),
        }
    }

    /// Refuses a target that lies in the source, is it, or holds it, by whatever path: the one
    /// would be read as the other is written, and removed for it.
    pub fn check_apart(
        &self,
        content: &FolderContent<'_>,
        target: &Target,
        old: Option<&OldFolder>,
    ) -> Result<()> {
        let refused = |how| {
            let given = target.given.display();
            Err(Error::InvalidArgument(format!("{given} {how}: choose another output")))
        };
        let place = super::parent(&target.place);
        let place = place.canonicalize().map_err(Error::io("read", place))?;
        for folder in place.ancestors() {
            // One that may not be looked at is none that files were read from.
            if FileIdentity::of_path(folder).is_ok_and(|found| self.ids.contains(&found.id())) {
                return refused("lies in the folder that is to be read");
            }
        }
        if old.is_some_and(|old| old.holds_any(&self.ids)) {
            return refused("is or holds the folder that is to be read");
        }
        if old.is_some_and(|old| content.read.iter().any(|file| is_in(old, content.source, file))) {
            return refused("holds a file that is to be read through a link");
        }
        Ok(())
    }

    /// Gives the folders below `output` the attributes of those that they stand for, and flushes
    /// them to disk; the innermost first, as a folder's times change with what is in it.
    pub fn finish(&self, output: &Path, named: &Path, own: Option<&Attributes>) -> Result<()> {
        for (relative, attributes) in self.folders.iter().rev() {
            let is_root = relative.as_os_str().is_empty();
            let attributes = own.filter(|_| is_root).or(attributes.as_ref());
            let finished = finish(&output.join(relative), &named.join(relative), attributes);
            finished.map_err(Error::io("write", named.join(relative)))?;
        }
        Ok(())
    }
}

/// Whether a file of the source really lies in the old folder, which a link to it can cause.
fn is_in(old: &OldFolder, source: &Path, file: &Path) -> bool {
    let real = source.join(file).canonicalize();
    let folder = real.as_deref().ok().and_then(Path::parent).map(FileIdentity::of_path);
    folder.and_then(|folder| folder.ok()).is_some_and(|folder| old.holds(folder.id()))
}

#[cfg(unix)]
fn finish(folder: &Path, named: &Path, attributes: Option<&Attributes>) -> io::Result<()> {
    let file = File::open(folder)?;
    if let Some(attributes) = attributes {
        attributes.give_to(&file, named);
    }
    super::sync(&file)
}

/// Elsewhere a folder cannot be opened like a file.
#[cfg(not(unix))]
fn finish(_: &Path, _: &Path, _: Option<&Attributes>) -> io::Result<()> {
    Ok(())
}
