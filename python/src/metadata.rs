//! The `__metadata__` of the files of a model.

use crate::embedded::is_own;
use std::collections::{BTreeMap, BTreeSet};
use wcodec::container::Metadata;
use wcodec::{Model, Result, SafetensorsFile};

/// Strings by name.
pub type Strings = BTreeMap<String, String>;

/// The strings of all files of a model, of those with one name the first file's; `None` where no file has any.
pub fn metadata_of(model: &Model) -> Result<Option<Strings>> {
    let archives: Vec<_> = model.archives().collect();
    let paths: BTreeSet<_> = archives.iter().map(|archive| archive.path()).collect();
    let mut all = None;
    for archive in &archives {
        archive.metadata().into_iter().for_each(|more| add(&mut all, more));
    }
    for path in model.files().filter(|path| !paths.contains(path)) {
        let file = SafetensorsFile::open(path)?;
        file.manifest().metadata.iter().for_each(|more| add(&mut all, more));
    }
    Ok(all)
}

fn add(all: &mut Option<Strings>, more: &Metadata) {
    let all = all.get_or_insert_default();
    for (name, value) in more.iter().filter(|(name, _)| !is_own(name)) {
        all.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    }
}
