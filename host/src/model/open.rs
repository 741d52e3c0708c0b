//! From a folder to the files of a model.

use super::index::Index;
use super::shard::Shard;
use super::warning::ModelWarning;
use crate::container::Limits;
use crate::convert::{Contents, archive_name, is_index};
use crate::{Error, Result};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The index that counts where there are several.
const INDEX: &str = "model.safetensors.index.json";

/// The open files of a model, in the order of their names.
pub struct Files {
    pub path: PathBuf,
    pub shards: Vec<Shard>,
    /// Where each tensor is to be.
    pub index: Option<Index>,
    pub warnings: Vec<ModelWarning>,
}

impl Files {
    /// Opens a folder of shards, or one file.
    pub fn open(path: &Path, limits: &Limits) -> Result<Self> {
        if !path.is_dir() {
            let shards = vec![Shard::open(path, limits)?];
            let path = path.to_path_buf();
            return Ok(Self { path, shards, index: None, warnings: Vec::new() });
        }
        let listed = list(path)?;
        match index_in(path, &listed)? {
            Some(index) => Self::of_index(path, &index, &listed, limits),
            None => Self::all_in(path, &listed, limits),
        }
    }

    /// Opens the files that an index names.
    pub fn open_index(index: &Path, limits: &Limits) -> Result<Self> {
        let folder = index.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        Self::of_index(folder, index, &list(folder)?, limits)
    }

    fn of_index(
        folder: &Path,
        path: &Path,
        listed: &BTreeSet<PathBuf>,
        limits: &Limits,
    ) -> Result<Self> {
        let index = Index::read(path, limits)?;
        let (mut used, mut absent) = (BTreeSet::new(), Vec::new());
        for shard in index.shards() {
            let [source, archive] = both_names(folder, shard);
            match [archive, source].into_iter().find(|file| listed.contains(file)) {
                Some(file) => drop(used.insert(file)),
                None => absent.push(shard.to_owned()),
            }
        }
        if !absent.is_empty() {
            return Err(Error::AbsentShards { index: path.to_path_buf(), shards: absent });
        }
        let warnings = unused(listed, &used)?;
        let shards = open_all(&used, limits)?;
        Ok(Self { path: folder.to_path_buf(), shards, index: Some(index), warnings })
    }

    /// Opens all files of tensors in a folder, but for the sources of archives.
    fn all_in(folder: &Path, listed: &BTreeSet<PathBuf>, limits: &Limits) -> Result<Self> {
        let mut used = BTreeSet::new();
        for file in listed {
            let archive = file.with_file_name(archive_name(file.file_name().unwrap_or_default()));
            let is_source = *file != archive && listed.contains(&archive);
            if !is_source && Contents::of(file)? != Contents::Other {
                used.insert(file.clone());
            }
        }
        if used.is_empty() {
            let folder = folder.display();
            let reason = format!("{folder} holds no safetensors or .wcodec files");
            return Err(Error::InvalidArgument(reason));
        }
        let warnings = unused(listed, &used)?;
        let shards = open_all(&used, limits)?;
        Ok(Self { path: folder.to_path_buf(), shards, index: None, warnings })
    }
}

/// A shard's path, and that of the archive that it is compressed to.
fn both_names(folder: &Path, shard: &str) -> [PathBuf; 2] {
    [folder.join(shard), folder.join(archive_name(shard.as_ref()))]
}

/// The files that lie directly in a folder and are not hidden; links are followed.
fn list(folder: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut files = BTreeSet::new();
    for entry in fs::read_dir(folder).map_err(Error::io("read", folder))? {
        let entry = entry.map_err(Error::io("read", folder))?;
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if !hidden && entry.path().is_file() {
            files.insert(entry.path());
        }
    }
    Ok(files)
}

/// The index that a folder is to be read by.
fn index_in(folder: &Path, listed: &BTreeSet<PathBuf>) -> Result<Option<PathBuf>> {
    let indexes: Vec<_> = listed.iter().filter(|file| is_index(file)).collect();
    match &indexes[..] {
        [] => Ok(None),
        [one] => Ok(Some(one.to_path_buf())),
        several => match several.iter().find(|file| file.ends_with(INDEX)) {
            Some(index) => Ok(Some(index.to_path_buf())),
            None => Err(Error::InvalidArgument(format!(
                "{} holds {} indexes, none of them {INDEX}: open one with Model::open_index",
                folder.display(),
                several.len()
            ))),
        },
    }
}

/// Files of tensors that are no part of the model.
fn unused(listed: &BTreeSet<PathBuf>, used: &BTreeSet<PathBuf>) -> Result<Vec<ModelWarning>> {
    let mut warnings = Vec::new();
    for file in listed.difference(used) {
        if Contents::of(file)? != Contents::Other {
            warnings.push(ModelWarning::Unused { file: file.clone() });
        }
    }
    Ok(warnings)
}

fn open_all(files: &BTreeSet<PathBuf>, limits: &Limits) -> Result<Vec<Shard>> {
    files.iter().map(|file| Shard::open(file, limits)).collect()
}
