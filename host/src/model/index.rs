//! The index of a sharded model: which file each tensor lies in.

use crate::container::Limits;
use crate::positioned_file::PositionedFile;
use crate::strict_json;
use crate::{Error, Result};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path};

/// An index, its file names known to be names of files in one folder.
#[derive(Debug, Deserialize)]
pub struct Index {
    /// The name of the file of each tensor, as it is called uncompressed.
    pub weight_map: BTreeMap<String, String>,
}

impl Index {
    /// Reads and checks an index; its JSON keeps to these limits.
    pub fn read(path: &Path, limits: &Limits) -> Result<Self> {
        let place = format!("the index {}", path.display());
        let file = PositionedFile::open(path)?;
        limits.check_json_len(file.len(), &place)?;
        let text = file.read_vec(0, file.len(), "the index of a model")?;
        limits.check_depth(&text, &place)?;
        let parsed = strict_json::parse(&text);
        let index: Self =
            parsed.map_err(|fault| fault.into_error(|reason| Error::corrupt(&place, reason)))?;
        if let Some(shard) = index.weight_map.values().find(|shard| !is_file_name(shard)) {
            return Err(Error::corrupt(place, format!("{shard:?} is not the name of a file")));
        }
        Ok(index)
    }

    /// The files that are named, each once.
    pub fn shards(&self) -> BTreeSet<&str> {
        self.weight_map.values().map(String::as_str).collect()
    }
}

/// Whether a name is one part of a path, and leads nowhere else.
fn is_file_name(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    let is_one = matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None));
    is_one && !name.contains(['/', '\\', '\0'])
}
