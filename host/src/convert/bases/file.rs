//! One file of a base.

use super::super::Contents;
use crate::container::{Archive, ContentHash, Limits, TensorReference, TensorSpec};
use crate::{Error, Result, SafetensorsFile};
use std::collections::HashMap;
use std::path::Path;
use std::sync::OnceLock;

/// An open file of tensors, and where those of each length are.
#[derive(Debug)]
pub struct BaseFile {
    content: Content,
    /// The numbers of the tensors of a length.
    by_len: HashMap<u64, Vec<usize>>,
    by_name: HashMap<String, usize>,
}

#[derive(Debug)]
pub enum Content {
    Archive(Box<Archive>),
    /// With the hashes of its tensors, as far as they are known.
    Safetensors(Box<SafetensorsFile>, Vec<OnceLock<ContentHash>>),
}

impl BaseFile {
    pub fn open(path: &Path, contents: Contents, limits: &Limits) -> Result<Self> {
        let content = match contents {
            Contents::Archive => Content::Archive(Box::new(Archive::open_with(path, limits)?)),
            Contents::Safetensors => {
                let file = SafetensorsFile::open(path)?;
                let hashes = file.manifest().tensors.iter().map(|_| OnceLock::new()).collect();
                Content::Safetensors(Box::new(file), hashes)
            }
            Contents::Other => {
                let (path, expected) = (path.to_path_buf(), "safetensors or .wcodec file");
                let reason = "it begins like neither".to_owned();
                return Err(Error::WrongFormat { path, expected, reason });
            }
        };
        Ok(Self::new(content))
    }

    fn new(content: Content) -> Self {
        let mut file = Self { content, by_len: HashMap::new(), by_name: HashMap::new() };
        for number in 0..file.count() {
            let name = file.spec(number).name.clone();
            file.by_len.entry(file.byte_len(number)).or_default().push(number);
            file.by_name.insert(name, number);
        }
        file
    }

    pub fn path(&self) -> &Path {
        match &self.content {
            Content::Archive(archive) => archive.path(),
            Content::Safetensors(file, _) => file.path(),
        }
    }

    pub fn content(&self) -> &Content {
        &self.content
    }

    /// The number of its tensors.
    pub fn count(&self) -> usize {
        match &self.content {
            Content::Archive(archive) => archive.tensors().len(),
            Content::Safetensors(file, _) => file.manifest().tensors.len(),
        }
    }

    pub fn spec(&self, number: usize) -> &TensorSpec {
        match &self.content {
            Content::Archive(archive) => archive.tensors()[number].spec(),
            Content::Safetensors(file, _) => &file.manifest().tensors[number],
        }
    }

    pub fn byte_len(&self, number: usize) -> u64 {
        match &self.content {
            Content::Archive(archive) => archive.tensors()[number].byte_len(),
            Content::Safetensors(file, _) => file.tensor_len(number),
        }
    }

    /// The tensor of this name.
    pub fn named(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// The hash of a tensor's bytes, which are read for it where nothing tells it.
    pub fn hash(&self, number: usize) -> Result<ContentHash> {
        match &self.content {
            Content::Archive(archive) => Ok(archive.tensors()[number].content_hash()),
            Content::Safetensors(file, hashes) => {
                if let Some(known) = hashes[number].get() {
                    return Ok(*known);
                }
                let hash = super::super::duplicates::hash_of(file, number)?;
                Ok(*hashes[number].get_or_init(|| hash))
            }
        }
    }

    /// The reference to a tensor.
    pub fn reference(&self, number: usize) -> Result<TensorReference> {
        Ok(TensorReference::new(self.hash(number)?, self.byte_len(number)))
    }

    /// The tensor with these bytes: the one of this name, or another one.
    pub fn find(&self, wanted: TensorReference, name: &str, named: bool) -> Result<Option<usize>> {
        for &number in self.by_len.get(&wanted.byte_len()).map_or(&[][..], Vec::as_slice) {
            let is_named = self.spec(number).name == name;
            if is_named == named && self.hash(number)? == wanted.content_hash() {
                return Ok(Some(number));
            }
        }
        Ok(None)
    }
}
