//! The strings that the files of a model carry along.

use super::Model;
use super::shard::Shard;
use crate::Result;
use crate::container::Metadata;
use std::collections::BTreeMap;

impl Model {
    /// The strings of all its files' `__metadata__`; of those with one name the first file's, in the
    /// order of [`Model::files`]. `None` where no file has any.
    ///
    /// # Errors
    /// [`crate::Error::InvalidArgument`] where all together are longer than 4 GiB.
    pub fn metadata(&self) -> Result<Option<Metadata>> {
        let mut found = self.shards.iter().filter_map(Shard::metadata);
        let Some(first) = found.next() else { return Ok(None) };
        let mut all: BTreeMap<&str, &str> = first.iter().collect();
        for (name, value) in found.flat_map(Metadata::iter) {
            all.entry(name).or_insert(value);
        }
        Metadata::new(all).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use crate::Model;
    use crate::convert::{CompressOptions, compress_folder};
    use std::fs;
    use std::path::Path;
    use tempfile::TempDir;

    /// A safetensors file without tensors.
    fn put(folder: &Path, name: &str, header: &str) {
        let content = [&(header.len() as u64).to_le_bytes(), header.as_bytes()].concat();
        fs::write(folder.join(name), content).unwrap();
    }

    #[test]
    fn strings_of_all_files_are_found() {
        let folder = TempDir::new().unwrap();
        let [source, archives] = ["source", "archives"].map(|name| folder.path().join(name));
        fs::create_dir(&source).unwrap();
        put(&source, "a.safetensors", r#"{"__metadata__":{"format":"pt","":"ü"}}"#);
        put(&source, "b.safetensors", r#"{"__metadata__":{"format":"np","by":"hand"}}"#);
        put(&source, "c.safetensors", "{}");
        compress_folder(&source, &archives, &CompressOptions::default(), &()).unwrap();
        for path in [&source, &archives] {
            let metadata = Model::open(path).unwrap().metadata().unwrap().unwrap();
            assert!(metadata.iter().eq([("", "ü"), ("by", "hand"), ("format", "pt")]));
        }
        let none = Model::open(source.join("c.safetensors")).unwrap();
        assert_eq!(none.metadata().unwrap(), None);
    }
}
