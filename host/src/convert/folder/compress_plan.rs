//! The plan to compress a folder.

use super::super::names::archive_name;
use super::super::source;
use super::super::{Contents, WCODEC};
use super::listing::{Listing, RealFile};
use super::manifest::{FileKind, FolderManifest, ListedFile, MANIFEST};
use super::plan::{FolderPlan, PlannedFile};
use crate::container::{ContentHash, Limits};
use crate::output::cut;
use crate::{Error, Result};
use std::collections::{BTreeSet, HashMap};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// Bytes that a name has at most, on nearly all file systems.
const MAX_NAME: usize = 255;

impl FolderPlan {
    /// Plans to compress a folder: its safetensors files, whatever they are called, become
    /// archives.
    pub fn to_compress(source: &Path) -> Result<Self> {
        let listing = Listing::of(source)?.warn();
        refuse_compressed(source, &listing)?;
        warn_of_twins(source, &listing)?;
        let (files, as_is) = plan_files(source, &listing)?;
        let mut plan = Self {
            source: source.to_path_buf(),
            files,
            as_is,
            empty_folders: listing.empty_folders.iter().cloned().collect(),
            manifest: None,
            left_out: listing.weights_left_out(),
        };
        plan.files.sort_by(|one, other| one.from.cmp(&other.from));
        plan.check_some("safetensors")?;
        plan.check_manifest_fits()?;
        plan.warn_of_absent_shards(|file| &file.from)?;
        Ok(plan)
    }

    /// Refuses, before any work, a folder whose manifest no reader would take.
    fn check_manifest_fits(&self) -> Result<()> {
        let widest = |file| self.listed(file, u64::MAX, ContentHash::of(&[]));
        let files = self.files.iter().map(widest).collect();
        let manifest = FolderManifest { files, empty_folders: self.empty_folders.clone() };
        let (length, most) = (manifest.to_text()?.len() as u64, Limits::default().header_bytes);
        if length <= most {
            return Ok(());
        }
        Err(Error::InvalidArgument(format!(
            "{} holds too many files: their list would have {length} bytes, the limit is {most}; \
             compress its folders one by one",
            self.source.display()
        )))
    }

    /// The entry of a compressed file in the manifest.
    pub fn listed(&self, file: &PlannedFile, bytes: u64, hash: ContentHash) -> ListedFile {
        let original = file.from.file_name().unwrap_or_default().to_owned();
        ListedFile { name: file.to.clone(), original, kind: file.kind, bytes, hash }
    }
}

fn refuse_compressed(source: &Path, listing: &Listing) -> Result<()> {
    let manifest = source.join(MANIFEST);
    if listing.files.contains_key(Path::new(MANIFEST)) && FolderManifest::is_one(&manifest)? {
        return Err(Error::InvalidArgument(format!(
            "{} is a compressed folder already: its {MANIFEST} says so",
            source.display()
        )));
    }
    Ok(())
}

/// A Hugging Face cache's repository holds each file as a blob and in snapshots that link to it.
fn warn_of_twins(source: &Path, listing: &Listing) -> Result<()> {
    let mut first: HashMap<&Path, &Path> = HashMap::new();
    for (file, RealFile { path, through_link }) in &listing.files {
        let Some(twin) = first.insert(path, file) else { continue };
        let (twin, file) = (source.join(twin), source.join(file));
        if *through_link && Contents::of(&file)? == Contents::Safetensors {
            let (twin, file) = (twin.display(), file.display());
            tracing::warn!("{twin} and {file} are one file, which is compressed for each");
        }
    }
    Ok(())
}

/// The files of a folder, and the paths of those that are copied as no archive can be made of them.
/// All headers are read first: a bad one is found now, not after hours.
fn plan_files(source: &Path, listing: &Listing) -> Result<(Vec<PlannedFile>, Vec<PathBuf>)> {
    let mut names = Names::of_folders(listing);
    let (mut files, mut tensors, mut as_is) = (Vec::new(), Vec::new(), Vec::new());
    for from in listing.files.keys() {
        let path = source.join(from);
        if Contents::of(&path)? != Contents::Safetensors {
            files.push((from, FileKind::Copy));
        } else if is_compressible(&path)? {
            tensors.push(from);
        } else {
            files.push((from, FileKind::Copy));
            as_is.push(path);
        }
    }
    // Copies keep their names, and archives take names that are free.
    files.extend(tensors.into_iter().map(|from| (from, FileKind::Archive)));
    let planned = files.into_iter().map(|(from, kind)| {
        let to = names.choose(from, kind);
        PlannedFile { from: from.clone(), to, kind, listed: None }
    });
    Ok((planned.collect(), as_is))
}

/// Returns whether an archive can be made of a safetensors file; tells why not.
fn is_compressible(path: &Path) -> Result<bool> {
    match source::open(path) {
        Ok(_) => Ok(true),
        Err(refusal) if source::is_refusal(&refusal) => {
            source::warn(path, &refusal);
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// The paths in the compressed folder that are taken.
struct Names(BTreeSet<PathBuf>);

impl Names {
    fn of_folders(listing: &Listing) -> Self {
        let below = listing.files.keys().filter_map(|file| file.parent());
        let folders = below.chain(listing.empty_folders.iter().map(PathBuf::as_path));
        let mut taken: BTreeSet<PathBuf> =
            folders.flat_map(Path::ancestors).map(Path::to_path_buf).collect();
        taken.insert(PathBuf::from(MANIFEST));
        Self(taken)
    }

    /// Takes the first free name for a file. Whichever that is, the manifest has the original one.
    fn choose(&mut self, from: &Path, kind: FileKind) -> PathBuf {
        let own = from.file_name().unwrap_or_default();
        let first = match kind {
            FileKind::Copy => own.to_owned(),
            FileKind::Archive => archive_name(own),
        };
        let end = if kind == FileKind::Archive { format!(".{WCODEC}") } else { ".copy".into() };
        let more = (1u64..).map(|number| match number {
            1 => numbered(own, &end),
            _ => numbered(own, &format!(".{number}{end}")),
        });
        let fitting = std::iter::once(first).filter(|name| name.len() <= MAX_NAME).chain(more);
        let mut paths = fitting.map(|name| from.with_file_name(name));
        // There are more names than files.
        let free = paths.find(|path| !self.0.contains(path)).unwrap_or_default();
        self.0.insert(free.clone());
        free
    }
}

/// A name with `end` appended, and cut before that where it would be too long.
fn numbered(name: &OsStr, end: &str) -> OsString {
    let most = MAX_NAME.saturating_sub(end.len());
    let mut cut = match name.len() <= most {
        true => name.to_owned(),
        false => OsString::from(cut(&name.to_string_lossy(), most)),
    };
    cut.push(end);
    cut
}
