//! The plan for the files of a folder.

use super::super::SourceFile;
use super::index::AbsentShards;
use super::{FileKind, MANIFEST};
use crate::container::ContentHash;
use crate::{Error, Result};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The plan for the files of a folder; paths are relative to it, in the order of their names.
pub(in super::super) struct FolderPlan {
    pub source: PathBuf,
    pub files: Vec<PlannedFile>,
    /// Safetensors files that are copied, as no archive can be made of them, by their whole paths.
    pub as_is: Vec<PathBuf>,
    /// Folders with nothing in them, which are made again.
    pub empty_folders: Vec<PathBuf>,
    /// The manifest that the plan rests on, where the folder has one.
    pub manifest: Option<SourceFile>,
    /// Entries that hold weights and are left out.
    pub left_out: Vec<PathBuf>,
}

/// A file of a folder.
pub(in super::super) struct PlannedFile {
    pub from: PathBuf,
    pub to: PathBuf,
    pub kind: FileKind,
    /// Length and hash by the folder's manifest, where that lists the file.
    pub listed: Option<(u64, ContentHash)>,
}

impl FolderPlan {
    /// The paths of the archives: of the existing ones, or of the planned ones.
    pub fn archives(&self) -> impl Iterator<Item = PathBuf> {
        self.archive_files().map(|file| self.source.join(&file.from))
    }

    /// The archives: existing, or planned.
    pub fn archive_files(&self) -> impl Iterator<Item = &PlannedFile> {
        self.files.iter().filter(|file| file.kind == FileKind::Archive)
    }

    /// The paths of all outputs.
    pub fn outputs(&self) -> BTreeSet<PathBuf> {
        self.files.iter().map(|file| file.to.clone()).collect()
    }

    /// Refuses a folder without anything to convert.
    pub fn check_some(&self, what: &str) -> Result<()> {
        let converts = self.files.iter().any(|file| file.kind == FileKind::Archive);
        if converts || !self.as_is.is_empty() {
            return Ok(());
        }
        Err(Error::InvalidArgument(format!("{} holds no {what} files", self.source.display())))
    }

    /// The indexes of sharded models that name files which the folder, uncompressed, does not have.
    pub fn absent_shards(
        &self,
        original: fn(&PlannedFile) -> &PathBuf,
    ) -> Result<Vec<AbsentShards>> {
        let originals: BTreeSet<&Path> =
            self.files.iter().map(|file| original(file).as_path()).collect();
        let mut all = Vec::new();
        for file in self.files.iter().filter(|file| file.kind == FileKind::Copy) {
            let path = self.source.join(&file.from);
            all.extend(AbsentShards::of(&path, original(file), &originals)?);
        }
        Ok(all)
    }

    /// Warns of indexes that name absent files.
    pub fn warn_of_absent_shards(&self, original: fn(&PlannedFile) -> &PathBuf) -> Result<()> {
        self.absent_shards(original)?.iter().for_each(|absent| tracing::warn!("{absent}"));
        Ok(())
    }
}

impl PlannedFile {
    /// Compares the file that was read with its entry in the folder's manifest.
    pub fn check(&self, path: &Path, bytes: u64, hash: ContentHash) -> Result<()> {
        if self.listed.is_none_or(|listed| listed == (bytes, hash)) {
            return Ok(());
        }
        Err(Error::corrupt(
            path.display().to_string(),
            format!(
                "it is not the file that {MANIFEST} lists: get the folder again, or remove \
                 {MANIFEST} if the file was changed on purpose (then nothing tells whether any is missing)"
            ),
        ))
    }
}
