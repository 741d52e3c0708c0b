//! A chain of steps in a folder: anchors that decode alone, and between them steps.

use super::encode::{StepTensor, encode_step};
use crate::container::{Archive, ArchiveWriter, ContentHash, Limits, Manifest, TensorSpec};
use crate::convert::Bases;
use crate::output::OutputFile;
use crate::{Decoder, Encoder, Error, Result, TensorView};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A chain of steps in a folder, each a file that is called by its number. Every so many steps one is an
/// *anchor*, which decodes alone; each other needs the one before it.
///
/// What is in the folder is all that there is to a chain: a program that was stopped opens it again
/// and goes on.
///
/// ```
/// use wcodec::steps::{Chain, ChainTensor};
/// use wcodec::{Decoder, DeviceChoice, Dtype, Encoder, TensorView};
///
/// # fn main() -> wcodec::Result<()> {
/// # let folder = tempfile::TempDir::new().unwrap();
/// let (decoder, encoder) = (Decoder::open(DeviceChoice::Cpu)?, Encoder::new());
/// let mut chain = Chain::open(folder.path(), 10)?;
/// let mut weights = vec![0x3F; 20_000];
/// for step in 1..=3 {
///     let old = weights.clone();
///     weights[step] ^= 1;
///     let new = TensorView::new(Dtype::BF16, &[100, 100], &weights)?;
///     chain.append(&[ChainTensor::new("w", new, Some(&old))], &encoder)?;
/// }
/// let (_, restored) = &chain.restore(3, &decoder)?[0];
/// assert_eq!(restored, &weights);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Chain {
    folder: PathBuf,
    every: u64,
    /// Whether each step is an anchor.
    steps: BTreeMap<u64, bool>,
}

/// A tensor that a step is made of.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct ChainTensor<'a> {
    /// Its name, unique in the step.
    pub name: &'a str,
    /// Its content after the step.
    pub new: TensorView<'a>,
    /// Its bytes after the step before; an anchor needs none.
    pub old: Option<&'a [u8]>,
}

impl<'a> ChainTensor<'a> {
    /// A tensor of this name, after a step and before it.
    pub fn new(name: &'a str, new: TensorView<'a>, old: Option<&'a [u8]>) -> Self {
        Self { name, new, old }
    }
}

/// The ending of a step's file.
const ENDING: &str = "wcodec";

impl Chain {
    /// Opens the chain in a folder, or begins one where there is none; one of `every` steps is an
    /// anchor.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where `every` is 0; [`Error::Io`]; those of [`Archive::open`] where a
    /// step is damaged.
    pub fn open(folder: impl AsRef<Path>, every: u64) -> Result<Self> {
        let folder = folder.as_ref().to_path_buf();
        if every == 0 {
            let reason = "a chain without anchors would have no beginning: take every=1 or more";
            return Err(Error::InvalidArgument(reason.to_owned()));
        }
        fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
        let mut chain = Self { folder, every, steps: BTreeMap::new() };
        for entry in fs::read_dir(&chain.folder).map_err(Error::io("read", &chain.folder))? {
            let path = entry.map_err(Error::io("read", &chain.folder))?.path();
            if let Some(number) = number_of(&path) {
                let is_anchor = !Archive::open(&path)?.needs_base();
                chain.steps.insert(number, is_anchor);
            }
        }
        Ok(chain)
    }

    /// The numbers of the steps that are there, each with whether it is an anchor.
    pub fn steps(&self) -> impl Iterator<Item = (u64, bool)> {
        self.steps.iter().map(|(&number, &is_anchor)| (number, is_anchor))
    }

    /// The number of the last step.
    pub fn last(&self) -> Option<u64> {
        self.steps.last_key_value().map(|(&number, _)| number)
    }

    /// Adds the next step, which is an anchor where one is due, and returns its number; the first is 1.
    /// The file appears whole or not at all.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where a tensor has no old bytes, or they are not those of the last
    /// step; those of encoding and writing.
    pub fn append(&mut self, tensors: &[ChainTensor<'_>], encoder: &Encoder) -> Result<u64> {
        let number = self.last().unwrap_or(0) + 1;
        let is_anchor = self.is_anchor_due(number);
        let bytes = match is_anchor {
            true => anchor(tensors, encoder)?,
            false => self.step(tensors, encoder)?,
        };
        let path = self.path(number);
        let mut output = OutputFile::create(&path, false, None)?;
        output.write_all(&bytes).map_err(Error::io("write", &path))?;
        output.commit()?;
        self.steps.insert(number, is_anchor);
        Ok(number)
    }

    fn is_anchor_due(&self, number: u64) -> bool {
        let last = self.steps.iter().rev().find(|(_, is_anchor)| **is_anchor);
        last.is_none_or(|(&anchor, _)| number - anchor >= self.every)
    }

    fn step(&self, tensors: &[ChainTensor<'_>], encoder: &Encoder) -> Result<Vec<u8>> {
        let last = Archive::open(self.path(self.last().unwrap_or(0)))?;
        let mut changes = Vec::new();
        for ChainTensor { name, new, old } in tensors {
            let known = last.tensor(name)?;
            let old = old.filter(|old| ContentHash::of(old) == known.content_hash());
            let Some(old) = old else {
                let (path, hash) = (last.path().display(), known.content_hash());
                let reason =
                    format!("the old bytes of {name:?} are not those in {path}: XXH3 {hash}");
                return Err(Error::InvalidArgument(reason));
            };
            changes.push(StepTensor::new(name, *new, old)?);
        }
        encode_step(&changes, encoder)
    }

    /// The tensors after a step.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where there is no such step; [`Error::BaseNeeded`] where one that it
    /// needs is gone; those of decoding.
    pub fn restore(&self, number: u64, decoder: &Decoder) -> Result<Vec<(TensorSpec, Vec<u8>)>> {
        let anchor = self.anchor_of(number)?;
        let archive = Archive::open(self.path(number))?;
        let between = self.steps.range(anchor..number).map(|(&step, _)| self.path(step));
        let bases = Bases::open(between, Limits::default().bases(self.every))?;
        bases.check(&archive)?;
        let mut tensors = Vec::new();
        for tensor in archive.tensors() {
            let data = bases.decode(&archive, tensor.name(), decoder)?;
            tensors.push((tensor.spec().clone(), data));
        }
        Ok(tensors)
    }

    /// Removes the steps before this one that no later one needs: all before its anchor. Returns how
    /// many.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where there is no such step; [`Error::Io`].
    pub fn drop_before(&mut self, number: u64) -> Result<u64> {
        let anchor = self.anchor_of(number)?;
        let old: Vec<u64> = self.steps.range(..anchor).map(|(&step, _)| step).collect();
        // The latest first: whatever is left after a stop still has all that it needs.
        for &step in old.iter().rev() {
            let path = self.path(step);
            fs::remove_file(&path).map_err(Error::io("remove", &path))?;
            self.steps.remove(&step);
        }
        Ok(old.len() as u64)
    }

    /// The anchor that a step which is there needs.
    fn anchor_of(&self, number: u64) -> Result<u64> {
        if !self.steps.contains_key(&number) {
            let folder = self.folder.display();
            return Err(Error::InvalidArgument(format!("{folder} has no step {number}")));
        }
        let anchor = self.steps.range(..=number).rev().find(|(_, is_anchor)| **is_anchor);
        // Without one the first step of all tells which hash is wanted.
        let first = self.steps.first_key_value().map_or(number, |(&first, _)| first);
        Ok(anchor.map_or(first, |(&anchor, _)| anchor))
    }

    fn path(&self, number: u64) -> PathBuf {
        self.folder.join(format!("{number:010}.{ENDING}"))
    }
}

/// The number that a step's file is called by.
fn number_of(path: &Path) -> Option<u64> {
    let is_step = path.extension().is_some_and(|ending| ending == ENDING);
    path.file_stem().filter(|_| is_step)?.to_str()?.parse().ok()
}

/// An archive of the tensors as they are now.
fn anchor(tensors: &[ChainTensor<'_>], encoder: &Encoder) -> Result<Vec<u8>> {
    let specs = tensors
        .iter()
        .map(|ChainTensor { name, new, .. }| TensorSpec::new(*name, new.dtype(), new.shape()));
    let manifest = Manifest::new(specs.collect());
    let mut writer = ArchiveWriter::new(std::io::Cursor::new(Vec::new()), "<memory>", manifest)?;
    for ChainTensor { new, .. } in tensors {
        writer.append(&encoder.encode(new)?, ContentHash::of(new.data()))?;
    }
    Ok(writer.finish()?.into_inner())
}
