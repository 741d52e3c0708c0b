//! Finds the tensors of an archive that lie in other files of its folder.

use super::elsewhere::{Elsewhere, Reference};
use super::front::Front;
use super::place::{Origin, Place};
use super::storage::Storage;
use super::{Limits, TensorInfo};
use crate::memory::reserve;
use crate::{Error, Result};
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

/// Opens the other files that tensors of an archive lie in, and completes the places of these.
/// Where the archive's place in its folder is known, they may lie no more than so many folders above
/// it.
pub(super) fn resolve(
    storage: &Storage<'_>,
    front: &mut Front,
    limits: &Limits,
    most_above: Option<usize>,
) -> Result<Vec<Storage<'static>>> {
    let Elsewhere { folder, files, references } = std::mem::take(&mut front.contents.elsewhere);
    if references.is_empty() {
        return Ok(Vec::new());
    }
    if most_above.is_some_and(|most| folder.components().count() > most) {
        let reason = "its tensors would lie in files outside of the folder that it is in";
        return Err(Error::corrupt(storage.place(), reason));
    }
    let tensors = &mut front.contents.tensors;
    let root = storage.file().and_then(|file| root_of(file.path(), &folder));
    let own = tensors.iter().filter(|tensor| tensor.elsewhere().is_none());
    let mut blobs = own.map(|tensor| tensor.blob_number() + 1).max().unwrap_or(0);
    let mut others = reserve(files.len() as u64, "the other files of a folder")?;
    let by_file = references.chunk_by(|one, other| one.file == other.file);
    for (file, references) in files.iter().zip(by_file) {
        let other = Other { storage, root: root.as_deref(), file };
        others.push(other.resolve(references, tensors, &mut blobs, limits)?);
    }
    Ok(others)
}

/// Another file that an archive refers to.
struct Other<'a> {
    /// The archive.
    storage: &'a Storage<'a>,
    /// The compressed folder.
    root: Option<&'a Path>,
    /// The path of the other file in it.
    file: &'a Path,
}

impl Other<'_> {
    /// Opens it, and completes the places of the tensors that lie in it; its blobs are numbered from
    /// `blobs` on.
    fn resolve(
        &self,
        references: &[Reference],
        tensors: &mut [TensorInfo],
        blobs: &mut u32,
        limits: &Limits,
    ) -> Result<Storage<'static>> {
        let first = &tensors[references[0].tensor as usize];
        let root = self.root.ok_or_else(|| self.unfit(first, "where that lies is not known"))?;
        let other = Storage::open(&root.join(self.file)).map_err(|error| match error {
            Error::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                self.unfit(first, "that file is missing")
            }
            error => error,
        })?;
        let found = Front::read(&other, limits)?.contents.tensors;
        let mut numbers = HashMap::new();
        for reference in references {
            let tensor = &mut tensors[reference.tensor as usize];
            let target = found.get(reference.number as usize);
            let Some(target) = target.filter(|target| is_same(tensor, target)) else {
                return Err(self.unfit(tensor, "that file has other tensors"));
            };
            let mut blob = target.place.blob;
            blob.number = *numbers.entry(blob.number).or_insert_with(|| {
                *blobs += 1;
                *blobs - 1
            });
            let Place { start, base, .. } = target.place;
            tensor.place = Place { blob, start, base, ..tensor.place };
        }
        Ok(other)
    }

    fn unfit(&self, tensor: &TensorInfo, reason: &'static str) -> Error {
        Error::StoredElsewhere {
            place: self.storage.place_of(tensor),
            file: self.root.map_or(self.file.to_path_buf(), |root| root.join(self.file)),
            xxh3: tensor.content_hash().value(),
            reason,
        }
    }
}

/// Whether a tensor of another file has the bytes of one, and has them there: so no reference
/// leads to another.
fn is_same(tensor: &TensorInfo, target: &TensorInfo) -> bool {
    target.place.origin == Origin::Own
        && target.byte_len == tensor.byte_len
        && target.content_hash() == tensor.content_hash()
}

/// The compressed folder of a file that lies in `folder` there; `None` where it does not.
fn root_of(file: &Path, folder: &Path) -> Option<PathBuf> {
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    let depth = folder.components().count();
    if depth == 0 {
        return Some(parent.to_path_buf());
    }
    let places = [std::path::absolute(parent).ok(), parent.canonicalize().ok()];
    let place = places.into_iter().flatten().find(|place| place.ends_with(folder))?;
    place.ancestors().nth(depth).map(Path::to_path_buf)
}

/// The other files of its folder that the archive at `path` refers to, by their paths in the
/// compressed folder; they are not opened.
pub(crate) fn referred_files(path: &Path, limits: &Limits) -> Result<Vec<PathBuf>> {
    Ok(Front::read(&Storage::open(path)?, limits)?.contents.elsewhere.files)
}
