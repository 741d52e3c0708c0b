//! The JSON of a folder's manifest, and the checksum that it holds of itself.

use crate::container::ContentHash;
use crate::strict_json::{self, Object};
use crate::{Error, Result};
use serde::{Deserialize, Deserializer, Serialize};
use std::borrow::Cow;
use std::path::Path;

/// The manifest's name in its folder.
pub const MANIFEST: &str = "wcodec.json";
/// The mark that tells a manifest from another file of its name.
const FORMAT: &str = "wcodec folder";
/// The version that is written, and the newest that is read.
const VERSION: u16 = 1;

/// A manifest as it lies in the file.
#[derive(Deserialize)]
pub(super) struct Document<'a> {
    version: u16,
    #[serde(borrow, deserialize_with = "objects")]
    pub files: Vec<FileEntry<'a>>,
    #[serde(borrow)]
    pub empty_folders: Vec<Cow<'a, str>>,
    xxh3: ContentHash,
}

/// One file of a manifest.
#[derive(Serialize, Deserialize)]
pub(super) struct FileEntry<'a> {
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(borrow, deserialize_with = "not_null")]
    pub original: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub kind: Cow<'a, str>,
    pub bytes: u64,
    pub xxh3: ContentHash,
}

fn objects<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Vec<FileEntry<'de>>, D::Error> {
    let entries = Vec::<Object<FileEntry<'de>>>::deserialize(deserializer)?;
    Ok(entries.into_iter().map(|Object(entry)| entry).collect())
}

fn not_null<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Option<Cow<'de, str>>, D::Error> {
    Cow::deserialize(deserializer).map(Some)
}

/// The members that a manifest of any version has.
#[derive(Deserialize)]
struct Front<'a> {
    #[serde(borrow, default)]
    format: Cow<'a, str>,
    #[serde(default)]
    version: u64,
}

/// Returns whether a file of the manifest's name is a manifest, of any version, and not some other
/// file.
pub(super) fn is_manifest(text: &[u8]) -> bool {
    strict_json::parse::<Front<'_>>(text).is_ok_and(|front| front.format == FORMAT)
}

impl<'a> Document<'a> {
    /// Parses a manifest, and compares its checksum.
    pub fn parse(text: &'a [u8], path: &Path) -> Result<Self> {
        let place = path.display().to_string();
        let unsound = |reason| wrong_format(path, format!("it is not sound JSON: {reason}"));
        let front: Front<'_> =
            strict_json::parse(text).map_err(|fault| fault.into_error(unsound))?;
        if front.format != FORMAT {
            return Err(wrong_format(path, format!("its \"format\" is not {FORMAT:?}")));
        }
        if front.version > u64::from(VERSION) {
            let major = u16::try_from(front.version).unwrap_or(u16::MAX);
            return Err(Error::UnsupportedVersion { path: path.to_path_buf(), major, minor: 0 });
        }
        let document: Self = strict_json::parse(text)
            .map_err(|fault| fault.into_error(|reason| Error::corrupt(&place, reason)))?;
        if document.version == 0 {
            return Err(Error::corrupt(place, "version 0 has never been"));
        }
        document.check_checksum(text, &place)?;
        Ok(document)
    }

    /// The checksum stands in the last member and is that of all bytes before it.
    fn check_checksum(&self, text: &[u8], place: &str) -> Result<()> {
        let digits = self.xxh3.to_string();
        let last = text.trim_ascii_end().strip_suffix(b"}").map(<[u8]>::trim_ascii_end);
        let before = last
            .and_then(|text| text.strip_suffix(b"\""))
            .and_then(|text| text.strip_suffix(digits.as_bytes()));
        if before.is_some_and(|before| ContentHash::of(before) == self.xxh3) {
            return Ok(());
        }
        Err(Error::corrupt(place, "its checksum does not match: get the folder again"))
    }
}

/// The text of a manifest: a line for each file, so that two manifests can be compared by eye.
pub(super) fn write(files: &[FileEntry<'_>], empty_folders: &[String]) -> Result<String> {
    let text = write_json(files, empty_folders);
    text.map_err(|error| Error::InvalidArgument(format!("{MANIFEST} cannot be written: {error}")))
}

fn write_json(
    files: &[FileEntry<'_>],
    empty_folders: &[String],
) -> std::result::Result<String, serde_json::Error> {
    let mut text = format!("{{\n\"format\": {FORMAT:?},\n\"version\": {VERSION},\n\"files\": [");
    for (index, file) in files.iter().enumerate() {
        text.push_str(if index == 0 { "\n" } else { ",\n" });
        text.push_str(&serde_json::to_string(file)?);
    }
    text.push_str("\n],\n\"empty_folders\": ");
    text.push_str(&serde_json::to_string(empty_folders)?);
    text.push_str(",\n\"xxh3\": \"");
    let checksum = ContentHash::of(text.as_bytes());
    text.push_str(&format!("{checksum}\"\n}}\n"));
    Ok(text)
}

fn wrong_format(path: &Path, reason: String) -> Error {
    let reason =
        format!("{reason}: get the folder again, or move the file away if it is not wcodec's");
    Error::WrongFormat { path: path.to_path_buf(), expected: "folder manifest", reason }
}
