//! The folders that an output folder is made from.

use super::below;
use super::content::FolderContent;
use super::old_folder::OldFolder;
use super::target::Target;
use crate::attributes::Attributes;
use crate::file_identity::{FileId, FileIdentity};
use crate::{Error, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Each folder that files are taken from, by its path relative to the source.
#[derive(Debug)]
pub(super) struct SourceFolders {
    /// `None` where the source lacks the folder; then nothing is read from it.
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
            let attributes = found.look_at_one(&below(content.source, folder))?;
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
    pub fn check_apart(&self, content: &FolderContent<'_>, target: &Target) -> Result<()> {
        let place = super::parent(&target.place);
        let place = place.canonicalize().map_err(Error::io("read", place))?;
        if ids_above(&place).any(|id| self.ids.contains(&id)) {
            return refused(target, "lies in the folder that is to be read");
        }
        let Some(existing) = &target.existing else { return Ok(()) };
        let source = content.source.canonicalize().map_err(Error::io("read", content.source))?;
        if ids_above(&source).chain(self.ids.iter().copied()).any(|id| id == existing.identity.id())
        {
            return refused(target, "is or holds the folder that is to be read");
        }
        Ok(())
    }

    /// Refuses a target in which something is to be read: a folder that is bound there, or a file
    /// that a link leads to.
    pub fn check_not_in(
        &self,
        old: &OldFolder,
        content: &FolderContent<'_>,
        target: &Target,
    ) -> Result<()> {
        if old.holds_any(&self.ids) {
            return refused(target, "is or holds the folder that is to be read");
        }
        if content.read.iter().any(|file| is_in(old, content.source, file)) {
            return refused(target, "holds a file that is to be read through a link");
        }
        Ok(())
    }

    /// Gives the folders below `output` the attributes of their source folders, and flushes them to
    /// disk; the innermost first, as a folder's times change with what is in it.
    pub fn finish(&self, output: &Path, named: &Path, own: Option<&Attributes>) -> Result<()> {
        for (relative, attributes) in self.folders.iter().rev() {
            let is_root = relative.as_os_str().is_empty();
            let attributes = own.filter(|_| is_root).or(attributes.as_ref());
            let finished = finish(&below(output, relative), &below(named, relative), attributes);
            finished.map_err(Error::io("write", below(named, relative)))?;
        }
        Ok(())
    }
}

fn refused(target: &Target, how: &str) -> Result<()> {
    let given = target.given.display();
    Err(Error::InvalidArgument(format!("{given} {how}: choose another output")))
}

/// The numbers of a folder and of those that it lies in. One that may not be looked at is none that
/// files were read from.
fn ids_above(folder: &Path) -> impl Iterator<Item = FileId> {
    folder.ancestors().filter_map(|folder| Some(FileIdentity::of_path(folder).ok()?.id()))
}

/// Returns whether a file of the source really lies in the old folder, which a link to it can
/// cause.
fn is_in(old: &OldFolder, source: &Path, file: &Path) -> bool {
    let real = source.join(file).canonicalize();
    let folder = real.as_deref().ok().and_then(Path::parent).map(FileIdentity::of_path);
    folder.and_then(|folder| folder.ok()).is_some_and(|folder| old.holds(folder.id()))
}

#[cfg(unix)]
fn finish(folder: &Path, named: &Path, attributes: Option<&Attributes>) -> io::Result<()> {
    let file = fs::File::open(folder)?;
    if let Some(attributes) = attributes {
        attributes.apply_to(&file, named);
    }
    super::sync(&file)
}

/// Elsewhere a folder cannot be opened like a file.
#[cfg(not(unix))]
fn finish(_: &Path, _: &Path, _: Option<&Attributes>) -> io::Result<()> {
    Ok(())
}
