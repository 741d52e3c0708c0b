//! The `__metadata__` of the files of a model.

use crate::embedded::is_own;
use crate::opened::own;
use std::collections::BTreeMap;
use wcodec::{Model, Result};

/// Strings by name.
pub type Strings = BTreeMap<String, String>;

/// The strings of all files of a model but this package's own, of those with one name the first file's; `None` where no
/// file has any.
pub fn metadata_of(model: &Model) -> Result<Option<Strings>> {
    let all = model.metadata()?;
    Ok(all.map(|all| all.iter().filter(|(name, _)| !is_own(name)).map(own).collect()))
}
