//! Indexes of sharded models, which name the files that the tensors lie in.

use crate::Result;
use crate::positioned_file::PositionedFile;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

/// An index of more bytes is not looked into. The largest models have indexes of some 10 MB.
const MAX_INDEX: u64 = 1 << 26;

/// An index that names files which are not there.
#[derive(Debug)]
pub(in super::super) struct AbsentShards {
    pub index: PathBuf,
    shards: Vec<String>,
}

impl AbsentShards {
    /// Looks into the file at `path`, which is called `original` in the folder uncompressed;
    /// `originals` are all that are there. `None` where it is no index, or names nothing absent.
    pub fn of(path: &Path, original: &Path, originals: &BTreeSet<&Path>) -> Result<Option<Self>> {
        if !is_index(original) {
            return Ok(None);
        }
        let file = PositionedFile::open(path)?;
        let text = match file.len() {
            0..=MAX_INDEX => file.read_vec(0, file.len(), "the index of a model")?,
            _ => Vec::new(),
        };
        let index = match serde_json::from_slice::<Index>(&text) {
            Ok(index) => index,
            Err(error) => {
                tracing::warn!("{} cannot be read as an index: {error}", path.display());
                return Ok(None);
            }
        };
        let folder = original.parent().unwrap_or(Path::new(""));
        let absent = |shard: &String| !originals.contains(folder.join(shard).as_path());
        let shards: Vec<_> = index.weight_map.0.into_iter().filter(absent).collect();
        Ok((!shards.is_empty()).then(|| Self { index: path.to_path_buf(), shards }))
    }

    /// The error in the index.
    pub fn reason(&self) -> String {
        let (first, more) = (&self.shards[0], self.shards.len() - 1);
        let which = if more == 0 { String::new() } else { format!(" and {more} more") };
        format!(
            "it names {first:?}{which}, which the folder does not have: download what is missing"
        )
    }
}

impl fmt::Display for AbsentShards {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.index.display(), self.reason())
    }
}

/// `model.safetensors.index.json`, and variants like `model.safetensors.index.fp16.json`. Indexes
/// of other formats are ignored: a folder often has the index of a format that was not downloaded.
pub(crate) fn is_index(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy());
    name.is_some_and(|name| name.contains(".safetensors.index.") && name.ends_with(".json"))
}

#[derive(Deserialize)]
struct Index {
    #[serde(default)]
    weight_map: Shards,
}

/// The values of a map, each once.
#[derive(Default)]
struct Shards(BTreeSet<String>);

impl<'de> Deserialize<'de> for Shards {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_map(ShardsVisitor)
    }
}

struct ShardsVisitor;

impl<'de> Visitor<'de> for ShardsVisitor {
    type Value = Shards;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object of file names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> std::result::Result<Shards, A::Error> {
        let mut shards = Shards::default();
        while let Some((IgnoredAny, shard)) = access.next_entry::<IgnoredAny, String>()? {
            shards.0.insert(shard);
        }
        Ok(shards)
    }
}
