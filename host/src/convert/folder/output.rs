//! The output of a plan.

use super::super::{Contents, Summary};
use super::listing::Listing;
use super::manifest::{FolderManifest, MANIFEST};
use super::plan::{FolderPlan, PlannedFile};
use crate::output::{FolderContent, OutputFile, OutputFolder};
use crate::{Error, Result};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

/// The folder that a plan makes; it appears whole or not at all.
pub(in super::super) struct FolderOutput<'a> {
    plan: &'a FolderPlan,
    output: OutputFolder,
    summary: Summary,
}

impl<'a> FolderOutput<'a> {
    /// Begins the folder `target`, with a manifest in it or without.
    pub fn create(
        plan: &'a FolderPlan,
        target: &Path,
        overwrite: bool,
        with_manifest: bool,
    ) -> Result<Self> {
        let mut outputs = plan.outputs();
        if with_manifest {
            outputs.insert(MANIFEST.into());
        }
        let content = FolderContent {
            source: &plan.source,
            files: &outputs,
            empty_folders: &plan.empty_folders,
            read: plan.files.iter().map(|file| file.from.as_path()).collect(),
        };
        let output = OutputFolder::create(&content, target, overwrite)?;
        let summary = Summary {
            manifest: plan.manifest.clone(),
            left_out: plan.left_out.clone(),
            as_is: plan.as_is.clone(),
            ..Summary::default()
        };
        Ok(Self { plan, output, summary })
    }

    /// Calls `make` with a file's source and its place in the output.
    pub fn put(
        &mut self,
        file: &PlannedFile,
        make: impl FnOnce(&Path, &Path) -> Result<Summary>,
    ) -> Result<()> {
        let from = self.plan.source.join(&file.from);
        let made = self.output.place(&file.to).and_then(|to| make(&from, &to));
        self.summary.add(made.map_err(|error| self.output.name_target(error))?);
        Ok(())
    }

    /// Adds the manifest.
    pub fn put_manifest(&mut self, manifest: &FolderManifest) -> Result<()> {
        let (text, path) = (manifest.to_text()?, self.output.path().join(MANIFEST));
        let written = OutputFile::create(&path, false, None).and_then(|mut file| {
            file.write_all(text.as_bytes()).map_err(Error::io("write", &path))?;
            file.commit()
        });
        written.map_err(|error| self.output.name_target(error))?;
        self.summary.output_bytes += text.len() as u64;
        Ok(())
    }

    /// Gives the folder its name, unless a source has changed since it was read.
    pub fn commit(mut self) -> Result<Summary> {
        for folder in &self.plan.empty_folders {
            self.output.make_folder(folder).map_err(|error| self.output.name_target(error))?;
        }
        self.summary.sources().try_for_each(|file| file.check_unchanged())?;
        self.note_new_files()?;
        self.output.commit()?;
        Ok(self.summary)
    }

    /// Files that appeared in the source after the plan was made are not in the output.
    fn note_new_files(&mut self) -> Result<()> {
        let mut known: BTreeSet<&Path> =
            self.plan.files.iter().map(|file| file.from.as_path()).collect();
        known.insert(Path::new(MANIFEST));
        for file in Listing::of(&self.plan.source)?.files.into_keys() {
            if known.contains(file.as_path()) {
                continue;
            }
            let path = self.plan.source.join(file);
            tracing::warn!("{} appeared after the start and is left out", path.display());
            if Contents::of(&path)? != Contents::Other {
                self.summary.left_out.push(path);
            }
        }
        Ok(())
    }
}
