//! The content of a folder, as all commands see it.

use super::super::contents::Contents;
use super::super::names;
use crate::output::{below, is_half_filled, is_leftover};
use crate::{Error, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Entries that a folder may hold in all. Folders with links to each other double with every level,
/// so that without a limit a few of them could stand for any number of files.
const MAX_ENTRIES: usize = 100_000;

/// The files below a folder, with those that links lead to.
#[derive(Debug, Default)]
pub(in super::super) struct Listing {
    /// The files by their paths relative to the folder.
    pub files: BTreeMap<PathBuf, RealFile>,
    /// Folders with nothing in them that is taken along.
    pub empty_folders: BTreeSet<PathBuf>,
    /// Entries that are left out: hidden folders, pipes, devices and the like; by their whole
    /// paths.
    pub left_out: Vec<PathBuf>,
    /// Notes for the user.
    notes: Vec<String>,
}

/// The real place of a file.
#[derive(Debug)]
pub(in super::super) struct RealFile {
    /// Its path without links.
    pub path: PathBuf,
    /// True if it, or a folder on the way to it, is a link.
    pub through_link: bool,
}

impl Listing {
    /// Lists a folder and those below it. Links are followed, but for those that lead back to a
    /// folder that they are in. Files that this crate left unfinished are passed over.
    pub fn of(root: &Path) -> Result<Self> {
        let real = root.canonicalize().map_err(Error::io("read", root))?;
        let mut walk = Walk { root, listing: Self::default(), within: Vec::new(), entries: 0 };
        walk.folder(Path::new(""), RealFile { path: real, through_link: false })?;
        Ok(walk.listing)
    }

    /// Warns of strange entries in the folder; called for the first listing of a run only.
    pub fn warn(self) -> Self {
        self.notes.iter().for_each(|note| tracing::warn!("{note}"));
        self
    }

    /// The entries left out that hold weights, or may hold some: the user must hear of them.
    pub fn weights_left_out(&self) -> Vec<PathBuf> {
        self.left_out.iter().filter(|path| holds_weights(path)).cloned().collect()
    }
}

struct Walk<'a> {
    root: &'a Path,
    listing: Listing,
    /// The folders that are being listed, each in the one before, by their real paths.
    within: Vec<PathBuf>,
    entries: usize,
}

impl Walk<'_> {
    /// Lists the folder `inside` the root; says whether anything in it is taken along.
    fn folder(&mut self, inside: &Path, real: RealFile) -> Result<bool> {
        let path = below(self.root, inside);
        let mut any = false;
        // By its real path: one through links may have more of them than the system follows.
        let entries = fs::read_dir(&real.path).map_err(Error::io("read", &path))?;
        self.within.push(real.path);
        for entry in entries {
            let entry = entry.map_err(Error::io("read", &path))?;
            any |= self.entry(&entry, inside, real.through_link)?;
        }
        self.within.pop();
        if !any && !inside.as_os_str().is_empty() {
            self.listing.empty_folders.insert(inside.to_path_buf());
            any = true;
        }
        Ok(any)
    }

    /// Lists an entry of the folder `inside`; says whether it is taken along.
    fn entry(&mut self, entry: &fs::DirEntry, inside: &Path, through_link: bool) -> Result<bool> {
        self.count()?;
        let (here, name) = (entry.path(), entry.file_name());
        let path = below(self.root, &inside.join(&name));
        if is_half_filled(&name) {
            let reason = "a run was stopped while it filled the folder: give that as its output again, \
                          which finishes it";
            return Err(Error::corrupt(below(self.root, inside).display().to_string(), reason));
        }
        if is_leftover(&name) {
            let advice = "look whether you miss what is in it, and remove it";
            self.note(&path, &format!("was left by a run that was stopped: {advice}"));
            return Ok(false);
        }
        let is_link = entry.file_type().map_err(Error::io("read", &path))?.is_symlink();
        let kind = fs::metadata(&here).map_err(Error::io("read", &path))?;
        let through_link = through_link || is_link;
        let real = RealFile {
            path: self.real(&here, is_link).map_err(Error::io("read", &path))?,
            through_link,
        };
        let inside = inside.join(&name);
        if kind.is_file() {
            self.listing.files.insert(inside, real);
            return Ok(true);
        }
        if !kind.is_dir() {
            self.note(&path, "is neither a file nor a folder and is left out");
            self.listing.left_out.push(path);
        } else if self.leads_back(&real.path) {
            self.note(&path, "is a link to a folder that it lies in: left out");
        } else if name.as_encoded_bytes().starts_with(b".") {
            tracing::debug!("{} is hidden and left out", path.display());
            self.listing.left_out.push(path);
        } else {
            return self.folder(&inside, real);
        }
        Ok(false)
    }

    fn real(&self, path: &Path, is_link: bool) -> io::Result<PathBuf> {
        match (self.within.last(), path.file_name()) {
            (Some(folder), Some(name)) if !is_link => Ok(folder.join(name)),
            _ => path.canonicalize(),
        }
    }

    /// Returns whether a folder holds one that is being listed, so that listing it would never end.
    fn leads_back(&self, real: &Path) -> bool {
        self.within.iter().any(|folder| folder.starts_with(real))
    }

    fn note(&mut self, path: &Path, what: &str) {
        self.listing.notes.push(format!("{} {what}", path.display()));
    }

    fn count(&mut self) -> Result<()> {
        self.entries += 1;
        if self.entries <= MAX_ENTRIES {
            return Ok(());
        }
        Err(Error::InvalidArgument(format!(
            "{} holds more than {MAX_ENTRIES} files, with those that links lead to: \
             give its folders one by one",
            self.root.display()
        )))
    }
}

/// Returns whether an entry that is left out holds weights, or cannot be looked into. Links inside
/// of it are not followed. Version control does not count: it holds older states, and copies of the
/// files beside it.
fn holds_weights(path: &Path) -> bool {
    const HISTORY: [&str; 3] = [".git", ".hg", ".svn"];
    if path.file_name().is_some_and(|name| HISTORY.iter().any(|known| name == *known)) {
        return false;
    }
    let Ok(entries) = fs::read_dir(path) else {
        // A pipe or a device, of which nothing is known but the name, or a folder that cannot be
        // read.
        return path.is_dir() || names::claims_safetensors(path) || names::claims_archive(path);
    };
    entries.into_iter().any(|entry| match entry {
        Ok(entry) => entry_holds_weights(&entry),
        Err(_) => true,
    })
}

fn entry_holds_weights(entry: &fs::DirEntry) -> bool {
    match entry.file_type() {
        Ok(kind) if kind.is_dir() => holds_weights(&entry.path()),
        Ok(kind) if kind.is_file() => {
            !matches!(Contents::by_bytes(&entry.path()), Ok(Contents::Other))
        }
        Ok(_) => false,
        Err(_) => true,
    }
}
