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
    by_len: HashMap<u64, OfLength>,
    by_name: HashMap<String, usize>,
}

/// The tensors of a length.
#[derive(Debug, Default)]
struct OfLength {
    numbers: Vec<usize>,
    /// Once all of them were hashed.
    by_hash: OnceLock<HashMap<ContentHash, usize>>,
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
            file.by_len.entry(file.byte_len(number)).or_default().numbers.push(number);
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

    /// The numbers of the tensors of a length.
    pub fn of_length(&self, len: u64) -> &[usize] {
        self.by_len.get(&len).map_or(&[], |found| &found.numbers)
    }

    /// The tensor of this name, if it has these bytes.
    pub fn find_named(&self, wanted: TensorReference, name: &str) -> Result<Option<usize>> {
        let named = self.named(name).filter(|&number| self.byte_len(number) == wanted.byte_len());
        match named {
            Some(number) if self.hash(number)? == wanted.content_hash() => Ok(Some(number)),
            _ => Ok(None),
        }
    }

    /// A tensor with these bytes, whatever it is called.
    pub fn find(&self, wanted: TensorReference) -> Result<Option<usize>> {
        let Some(of_length) = self.by_len.get(&wanted.byte_len()) else { return Ok(None) };
        let hash = wanted.content_hash();
        if let Some(by_hash) = of_length.by_hash.get() {
            return Ok(by_hash.get(&hash).copied());
        }
        let mut by_hash = HashMap::new();
        for &number in &of_length.numbers {
            by_hash.entry(self.hash(number)?).or_insert(number);
        }
        Ok(of_length.by_hash.get_or_init(|| by_hash).get(&hash).copied())
    }
}
