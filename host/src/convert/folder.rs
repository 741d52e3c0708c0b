//! A Hugging Face model folder: some files are converted, the others copied along.

use super::Summary;
use crate::output::{OutputFile, OutputFolder};
use crate::{Error, Result};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// What is to become of each file of a folder; paths are relative to it, in the order of their names.
pub(super) struct FolderPlan {
    source: PathBuf,
    /// Files to convert, with the names that they become.
    convert: Vec<(PathBuf, PathBuf)>,
    copy: Vec<PathBuf>,
}

impl FolderPlan {
    /// Looks through `source` for files with the extension `from`, which are to get the extension `to`.
    pub fn new(source: &Path, from: &str, to: &str) -> Result<Self> {
        let mut files = BTreeSet::new();
        list_files(source, Path::new(""), &mut files)?;
        let mut plan = Self { source: source.to_path_buf(), convert: Vec::new(), copy: Vec::new() };
        for file in files {
            match file.extension() {
                Some(extension) if extension == from => {
                    plan.convert.push((file.clone(), file.with_extension(to)));
                }
                _ => plan.copy.push(file),
            }
        }
        if plan.convert.is_empty() {
            let folder = source.display();
            return Err(Error::InvalidArgument(format!("{folder} holds no .{from} files")));
        }
        Ok(plan)
    }

    /// The files to convert.
    pub fn sources(&self) -> impl Iterator<Item = PathBuf> {
        self.convert.iter().map(|(file, _)| self.source.join(file))
    }

    /// The names of all outputs; a file that is copied must not look like one that was converted, or the way
    /// back would give another folder.
    fn outputs(&self) -> Result<BTreeSet<PathBuf>> {
        let mut outputs: BTreeSet<_> = self.convert.iter().map(|(_, to)| to.clone()).collect();
        let extension = self.convert.first().and_then(|(_, to)| to.extension());
        for file in &self.copy {
            if file.extension().is_some() && file.extension() == extension {
                return Err(Error::InvalidArgument(format!(
                    "{} has the extension of the files to be made: move it out of the folder first",
                    self.source.join(file).display()
                )));
            }
            outputs.insert(file.clone());
        }
        Ok(outputs)
    }
}

/// Carries out a plan; `target` appears whole or not at all.
pub(super) fn convert_folder(
    plan: &FolderPlan,
    target: &Path,
    overwrite: bool,
    convert: impl Fn(&Path, &Path) -> Result<Summary>,
) -> Result<Summary> {
    let output = OutputFolder::create(target, overwrite, &plan.outputs()?)?;
    let mut summary = Summary::default();
    for (from, to) in &plan.convert {
        let converted = make_folder_of(&output.path().join(to))
            .and_then(|to| convert(&plan.source.join(from), to));
        summary.add(converted.map_err(|error| output.name_target(error))?);
    }
    for file in &plan.copy {
        let from = plan.source.join(file);
        make_folder_of(&output.path().join(file))
            .and_then(|to| copy_file(&from, to))
            .map_err(|error| output.name_target(error))?;
        summary.copied.push(from);
    }
    output.commit(&plan.source)?;
    Ok(summary)
}

/// Adds the files below `folder` to `files`. Links to files count as files, as in a Hugging Face cache.
fn list_files(root: &Path, folder: &Path, files: &mut BTreeSet<PathBuf>) -> Result<()> {
    let path = root.join(folder);
    for entry in fs::read_dir(&path).map_err(Error::io("read", &path))? {
        let entry = entry.map_err(Error::io("read", &path))?;
        let (path, inside) = (entry.path(), folder.join(entry.file_name()));
        let kind = entry.file_type().map_err(Error::io("read", &path))?;
        let target = fs::metadata(&path).map_err(Error::io("read", &path))?;
        if target.is_file() {
            files.insert(inside);
        } else if kind.is_dir() && entry.file_name().as_encoded_bytes().starts_with(b".") {
            tracing::debug!("{} is hidden and left out", path.display());
        } else if kind.is_dir() {
            list_files(root, &inside, files)?;
        } else {
            // Following links to folders could lead round in circles.
            tracing::warn!("{} is neither a file nor a folder and is left out", path.display());
        }
    }
    Ok(())
}

fn make_folder_of(file: &Path) -> Result<&Path> {
    let folder = file.parent().unwrap_or(file);
    fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
    Ok(file)
}

fn copy_file(from: &Path, to: &Path) -> Result<()> {
    let mut source = File::open(from).map_err(Error::io("read", from))?;
    let permissions = source.metadata().map_err(Error::io("read", from))?.permissions();
    let mut output = OutputFile::create(to, false, Some(permissions))?;
    if let Some(file) = output.as_file_mut() {
        io::copy(&mut source, file).map_err(Error::io("copy", from))?;
    }
    output.commit()
}
