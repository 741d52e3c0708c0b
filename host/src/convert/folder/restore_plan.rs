//! The plan to restore a compressed folder.

use super::super::names::restored_name;
use super::super::{Contents, SourceFile};
use super::listing::Listing;
use super::manifest::{FileKind, FolderManifest, ListedFile, MANIFEST};
use super::plan::{FolderPlan, PlannedFile};
use crate::container::{Archive, Limits};
use crate::positioned_file::PositionedFile;
use crate::{Error, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

impl FolderPlan {
    /// Plans to restore a compressed folder, by its manifest where it has one. Every listed file
    /// must be there. Of other files, and of all in a folder without one, archives are restored and
    /// the rest is copied.
    pub fn to_restore(source: &Path, limits: &Limits) -> Result<Self> {
        let mut listing = Listing::of(source)?.warn();
        let mut plan = Self {
            source: source.to_path_buf(),
            files: Vec::new(),
            as_is: Vec::new(),
            empty_folders: Vec::new(),
            manifest: None,
            left_out: listing.weights_left_out(),
        };
        if listing.files.remove(Path::new(MANIFEST)).is_some() {
            plan.add_listed(&mut listing, limits)?;
        }
        for file in listing.files.into_keys() {
            plan.add_unlisted(file, limits)?;
        }
        plan.empty_folders.extend(listing.empty_folders);
        plan.files.sort_by(|one, other| one.from.cmp(&other.from));
        // All files of a folder may have been copied.
        if plan.manifest.is_none() {
            plan.check_some(".wcodec")?;
        }
        plan.check_distinct()?;
        Ok(plan)
    }

    /// Adds the files of the manifest, and takes them off the listing.
    fn add_listed(&mut self, listing: &mut Listing, limits: &Limits) -> Result<()> {
        let file = PositionedFile::open(&self.source.join(MANIFEST))?;
        let manifest = FolderManifest::read(&file, limits)?;
        file.check_unchanged()?;
        self.manifest = Some(SourceFile::new(file.path(), file.identity()));
        let absent = |file: &&ListedFile| !listing.files.contains_key(&file.name);
        let missing: Vec<_> = manifest.files.iter().filter(absent).collect();
        if let Some(first) = missing.first() {
            return Err(self.missing(first, missing.len(), &manifest, limits));
        }
        for file in manifest.files {
            listing.files.remove(&file.name);
            self.add(file)?;
        }
        self.empty_folders = manifest.empty_folders;
        Ok(())
    }

    fn add(&mut self, file: ListedFile) -> Result<()> {
        let path = self.source.join(&file.name);
        let length = path.metadata().map_err(Error::io("read", &path))?.len();
        let to = file.original_path();
        let listed = Some((file.bytes, file.hash));
        let planned = PlannedFile { from: file.name, to, kind: file.kind, listed };
        if length != file.bytes {
            planned.check(&path, length, file.hash)?;
        }
        self.files.push(planned);
        Ok(())
    }

    fn missing(
        &self,
        first: &ListedFile,
        count: usize,
        manifest: &FolderManifest,
        limits: &Limits,
    ) -> Error {
        let path = self.source.join(&first.name);
        let (path, more) = (path.display(), count - 1);
        let which = if more == 0 { path.to_string() } else { format!("{path} and {more} more") };
        let users = match &manifest.referring_to(&self.source, &first.name, limits)[..] {
            [] => String::new(),
            [user] => format!("; {} has tensors that are stored there", user.display()),
            [user, more @ ..] => {
                let (user, more) = (user.display(), more.len());
                format!("; {user} and {more} more have tensors that are stored there")
            }
        };
        let reason =
            format!("{which} missing, which {MANIFEST} lists: get the folder again{users}");
        Error::corrupt(self.source.display().to_string(), reason)
    }

    fn add_unlisted(&mut self, from: PathBuf, limits: &Limits) -> Result<()> {
        let path = self.source.join(&from);
        if self.manifest.is_some() {
            tracing::warn!("{} is not listed in {MANIFEST}", path.display());
        }
        let (kind, to) = match Contents::of(&path)? {
            Contents::Archive => {
                let archive = Archive::open_in_folder(&self.source, &from, limits)?;
                let stored = archive.file_name();
                let name = from.file_name().unwrap_or_default();
                (FileKind::Archive, from.with_file_name(restored_name(name, stored)))
            }
            _ => (FileKind::Copy, from.clone()),
        };
        self.files.push(PlannedFile { from, to, kind, listed: None });
        Ok(())
    }

    /// Refuses a folder of which two files would get one name.
    fn check_distinct(&self) -> Result<()> {
        let mut places: BTreeMap<&Path, &Path> = BTreeMap::new();
        let folders = self.files.iter().filter_map(|file| file.to.parent());
        let folders = folders.chain(self.empty_folders.iter().map(PathBuf::as_path));
        let folders: BTreeSet<&Path> = folders.flat_map(Path::ancestors).collect();
        for file in &self.files {
            let other = places.insert(&file.to, &file.from);
            let folder = folders.get(file.to.as_path()).copied();
            if let Some(other) = other.or(folder) {
                let (one, other) = (self.source.join(&file.from), self.source.join(other));
                return Err(Error::InvalidArgument(format!(
                    "{} and {} would both become {}: move one of them away",
                    other.display(),
                    one.display(),
                    file.to.display()
                )));
            }
        }
        Ok(())
    }
}
