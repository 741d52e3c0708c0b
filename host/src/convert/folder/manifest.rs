//! The manifest of a compressed folder (FORMAT.md section 8): the list of its files, so that a
//! missing one is noticed.

pub use super::manifest_text::MANIFEST;
use super::manifest_text::{self, Document, FileEntry};
use crate::container::{ContentHash, Limits, referred_files};
use crate::entry_name::{self, in_the_open};
use crate::positioned_file::PositionedFile;
use crate::{Error, Result};
use std::collections::HashSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The files and empty folders of a compressed folder.
#[derive(Debug, Default)]
pub(in super::super) struct FolderManifest {
    pub files: Vec<ListedFile>,
    /// Folders with nothing in them, which some ways of copying forget.
    pub empty_folders: Vec<PathBuf>,
}

/// A file of a compressed folder.
#[derive(Debug)]
pub(in super::super) struct ListedFile {
    /// Its path relative to the folder.
    pub name: PathBuf,
    /// The name that the file has in the restored folder, in the same folder below it.
    pub original: OsString,
    pub kind: FileKind,
    pub bytes: u64,
    /// The hash; for an archive the hash of its preamble and header, which hold checksums of all
    /// the rest.
    pub hash: ContentHash,
}

/// The role of a file of a compressed folder in the restored one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in super::super) enum FileKind {
    /// An archive, from which a safetensors file is restored.
    Archive,
    /// A file that is copied.
    Copy,
}

impl FolderManifest {
    /// Reads a manifest that keeps to `limits`; a file that is none is an error.
    pub fn read(file: &PositionedFile, limits: &Limits) -> Result<Self> {
        let place = file.place();
        limits.check_json_len(file.len(), &place)?;
        let text = file.read_vec(0, file.len(), "the manifest of a folder")?;
        limits.check_depth(&text, &place)?;
        let document = Document::parse(&text, file.path())?;
        let corrupt = |reason: String| Error::corrupt(&place, reason);
        let mut manifest = Self::default();
        let mut names = Names::default();
        for entry in document.files {
            limits.check_file_name(entry.name.len(), &place)?;
            let listed = ListedFile::parse(&entry)
                .map_err(|reason| corrupt(format!("file {:?}: {reason}", entry.name)))?;
            names.add(&listed).map_err(corrupt)?;
            manifest.files.push(listed);
        }
        for folder in document.empty_folders {
            limits.check_file_name(folder.len(), &place)?;
            let path = entry_name::decode(&folder).and_then(in_the_open);
            let path = path.map_err(|reason| corrupt(format!("folder {folder:?}: {reason}")))?;
            names.add_folder(&path).map_err(corrupt)?;
            manifest.empty_folders.push(path);
        }
        Ok(manifest)
    }

    /// The text of the manifest, with its own checksum.
    pub fn to_text(&self) -> Result<String> {
        let files: Vec<_> = self.files.iter().map(ListedFile::entry).collect::<Result<_>>()?;
        let folders = self.empty_folders.iter().map(|folder| entry_name::encode(folder));
        manifest_text::write(&files, &folders.collect::<Result<Vec<_>>>()?)
    }

    /// The archives in `folder` that have tensors which are stored in the file `name`. Those that
    /// cannot be opened are left out.
    pub fn referring_to(&self, folder: &Path, name: &Path, limits: &Limits) -> Vec<&Path> {
        let archives = self.files.iter().filter(|file| file.kind == FileKind::Archive);
        let refers = archives.filter(|file| {
            let files = referred_files(&folder.join(&file.name), limits);
            files.is_ok_and(|files| files.iter().any(|other| other == name))
        });
        refers.map(|file| file.name.as_path()).collect()
    }

    /// Returns whether a file of the manifest's name is one, and not some other file.
    pub fn is_one(path: &Path) -> Result<bool> {
        let file = PositionedFile::open(path)?;
        if file.len() > Limits::default().header_bytes {
            return Ok(false);
        }
        Ok(manifest_text::is_manifest(&file.read_vec(0, file.len(), "a file of JSON")?))
    }
}

impl ListedFile {
    /// The path that the file has in the restored folder.
    pub fn original_path(&self) -> PathBuf {
        self.name.with_file_name(&self.original)
    }

    fn parse(entry: &FileEntry<'_>) -> std::result::Result<Self, &'static str> {
        let name = in_the_open(entry_name::decode(&entry.name)?)?;
        if name == Path::new(MANIFEST) {
            return Err("that is the manifest itself");
        }
        let own = name.file_name().ok_or("it has no name")?.to_owned();
        let original = match &entry.original {
            None => own,
            Some(original) if original.contains('/') => return Err("its original name is a path"),
            Some(original) => entry_name::decode(original)?.into_os_string(),
        };
        let kind = match &*entry.kind {
            "archive" => FileKind::Archive,
            "copy" => FileKind::Copy,
            _ => return Err("its kind is neither \"archive\" nor \"copy\""),
        };
        Ok(Self { name, original, kind, bytes: entry.bytes, hash: entry.xxh3 })
    }

    fn entry(&self) -> Result<FileEntry<'static>> {
        let renamed = self.name.file_name() != Some(&self.original);
        let original =
            renamed.then(|| entry_name::encode(Path::new(&self.original))).transpose()?;
        Ok(FileEntry {
            name: entry_name::encode(&self.name)?.into(),
            original: original.map(Into::into),
            kind: match self.kind {
                FileKind::Archive => "archive".into(),
                FileKind::Copy => "copy".into(),
            },
            bytes: self.bytes,
            xxh3: self.hash,
        })
    }
}

/// The paths of a manifest, before and after it is restored: each belongs to one file, and none is
/// a file's and a folder's.
#[derive(Default)]
struct Names {
    stored: Paths,
    restored: Paths,
}

#[derive(Default)]
struct Paths {
    files: HashSet<PathBuf>,
    folders: HashSet<PathBuf>,
}

impl Names {
    fn add(&mut self, file: &ListedFile) -> std::result::Result<(), String> {
        self.stored.add(file.name.clone())?;
        self.restored.add(file.original_path())
    }

    fn add_folder(&mut self, folder: &Path) -> std::result::Result<(), String> {
        self.stored.add_folders(folder)?;
        self.restored.add_folders(folder)
    }
}

impl Paths {
    fn add(&mut self, file: PathBuf) -> std::result::Result<(), String> {
        self.add_folders(file.parent().unwrap_or(Path::new("")))?;
        if self.folders.contains(&file) || self.files.contains(&file) {
            return Err(format!("{} is listed twice", file.display()));
        }
        self.files.insert(file);
        Ok(())
    }

    fn add_folders(&mut self, folder: &Path) -> std::result::Result<(), String> {
        for folder in folder.ancestors().filter(|folder| !folder.as_os_str().is_empty()) {
            if self.files.contains(folder) {
                return Err(format!("{} is a file and a folder", folder.display()));
            }
            if !self.folders.insert(folder.to_path_buf()) {
                break;
            }
        }
        Ok(())
    }
}
