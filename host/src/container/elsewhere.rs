//! Tensors whose bytes lie in other files of a compressed folder (FORMAT.md sections 1.3 and 8).

use super::ContentHash;
use crate::Result;
use crate::entry_name::{decode, in_the_open};
use crate::json::Fault;
use std::path::PathBuf;

/// A tensor that lies in another file, as the header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    /// Its number in its own archive.
    pub tensor: u32,
    /// The other file.
    pub file: u32,
    /// Its number there.
    pub number: u32,
}

/// A tensor of another file that has the bytes of one, for writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OtherTensor {
    pub file: u32,
    pub number: u32,
    pub hash: ContentHash,
}

/// The names of files, for writing: an archive's own folder, and the files that it refers to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Names {
    /// As [`crate::entry_name::encode`] writes it; empty for the compressed folder itself.
    pub folder: String,
    /// In ascending order.
    pub files: Vec<String>,
}

impl Names {
    /// The names, each ended by a zero.
    pub fn to_bytes(&self) -> Vec<u8> {
        let names = [&self.folder].into_iter().chain(&self.files);
        names.flat_map(|name| name.bytes().chain([0])).collect()
    }
}

/// The tensors of an archive that lie in other files of its folder.
#[derive(Debug, Default)]
pub(super) struct Elsewhere {
    /// The archive's own folder in the compressed one.
    pub folder: PathBuf,
    /// The other files, by their paths in the compressed folder.
    pub files: Vec<PathBuf>,
    /// In the order of the files.
    pub references: Vec<Reference>,
}

impl Elsewhere {
    /// Reads the names of the files, each of which is used; `check` refuses names that are too long.
    pub fn new(
        names: &[u8],
        mut references: Vec<Reference>,
        check: impl Fn(&[u8]) -> Result<()>,
    ) -> std::result::Result<Self, Fault> {
        let mut elsewhere = Self::default();
        if !names.is_empty() {
            let names = names.strip_suffix(&[0]).ok_or("the names of other files have no end")?;
            let mut names = names.split(|&byte| byte == 0);
            let folder = names.next().unwrap_or_default();
            if !folder.is_empty() {
                elsewhere.folder = path_of(folder, &check)?;
            }
            let mut last: &[u8] = &[];
            for name in names {
                if name <= last {
                    return Err("the names of other files do not ascend".into());
                }
                elsewhere.files.push(archive_of(name, &check)?);
                last = name;
            }
        }
        references.sort_by_key(|reference| reference.file);
        let used = references.chunk_by(|one, other| one.file == other.file);
        let used = used.map(|same| same[0].file as usize);
        if !used.eq(0..elsewhere.files.len()) {
            return Err("it does not refer to the other files that it names".into());
        }
        elsewhere.references = references;
        Ok(elsewhere)
    }
}

/// The path of a name in the compressed folder: it leads nowhere but down.
fn path_of(
    name: &[u8],
    check: &impl Fn(&[u8]) -> Result<()>,
) -> std::result::Result<PathBuf, Fault> {
    check(name)?;
    let name = str::from_utf8(name).map_err(|error| format!("the name of a file: {error}"))?;
    let refused = |reason| format!("the name {name:?} of another file: {reason}");
    Ok(decode(name).map_err(refused)?)
}

fn archive_of(
    name: &[u8],
    check: &impl Fn(&[u8]) -> Result<()>,
) -> std::result::Result<PathBuf, Fault> {
    let path = path_of(name, check)?;
    match path.extension().is_some_and(|extension| extension == "wcodec") {
        true => Ok(in_the_open(path)?),
        false => {
            Err(format!("{} is named as another file, and is no archive", path.display()).into())
        }
    }
}
