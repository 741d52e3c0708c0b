//! A model of one or several files, its tensors found by name.

mod index;
mod metadata;
mod open;
mod shard;
mod tensor;
mod warning;

pub use tensor::ModelTensor;
pub use warning::ModelWarning;

use crate::container::Limits;
use crate::convert::archive_name;
use crate::{Archive, Error, Result};
use index::Index;
use open::Files;
use shard::Shard;
use std::path::{Path, PathBuf};

/// The tensors of a model: of all shards in a folder, or of a single file; compressed, as
/// safetensors, or some of each.
///
/// ```no_run
/// use wcodec::{Decoder, DeviceChoice, Model};
///
/// # fn main() -> wcodec::Result<()> {
/// let model = Model::open("my-model.wcodec")?;
/// model.warnings().iter().for_each(|warning| eprintln!("{warning}"));
/// for tensor in model.tensors() {
///     println!("{} {} {:?}", tensor.name(), tensor.dtype(), tensor.shape());
/// }
/// let decoder = Decoder::open(DeviceChoice::Auto)?;
/// let embedding = model.tensor("model.embed_tokens.weight")?;
/// let rows = embedding.decode_vec::<u16>(1000..1016, &decoder)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Model {
    path: PathBuf,
    shards: Vec<Shard>,
    /// Where each tensor is, in the order of the shards.
    places: Vec<Place>,
    /// The numbers of these in the order of the tensors' names.
    by_name: Vec<usize>,
    warnings: Vec<ModelWarning>,
}

/// A tensor by its shard and its number there.
#[derive(Debug, Clone, Copy)]
struct Place {
    shard: usize,
    tensor: usize,
}

impl Model {
    /// Opens a model: a folder of shards, or one file. Only headers are read.
    ///
    /// Of a folder the index is followed, `model.safetensors.index.json` or the only other one of its
    /// kind; a shard that it names is looked for as the archive that it is compressed to, and then as
    /// it is. Without an index all archives and safetensors files that lie directly in the folder are
    /// its shards, an archive in place of the file that it was made from.
    ///
    /// # Errors
    /// [`Error::AbsentShards`] where the index names files that are not there;
    /// [`Error::DuplicateTensor`] where two shards have a tensor of one name;
    /// [`Error::InvalidArgument`] where the folder holds no shards, or several indexes and none that
    /// is called as above; [`Error::Corrupt`] where the index is not sound; otherwise as
    /// [`Archive::open`] and [`crate::SafetensorsFile::open`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_with(path, &Limits::default())
    }

    /// As [`Model::open`], of archives that keep to these limits.
    ///
    /// # Errors
    /// As [`Model::open`].
    pub fn open_with(path: impl AsRef<Path>, limits: &Limits) -> Result<Self> {
        Self::of(Files::open(path.as_ref(), limits)?)
    }

    /// Opens the model that the index at `index` describes, in the folder of the index.
    ///
    /// # Errors
    /// As [`Model::open`].
    pub fn open_index(index: impl AsRef<Path>, limits: &Limits) -> Result<Self> {
        Self::of(Files::open_index(index.as_ref(), limits)?)
    }

    /// The model of one archive, which may lie in memory ([`Archive::from_bytes`]).
    ///
    /// # Errors
    /// [`Error::WrongFormat`] where the archive carries a file as it is.
    pub fn from_archive(archive: Archive) -> Result<Self> {
        let path = archive.path().to_path_buf();
        let shards = vec![Shard::of_archive(archive)?];
        Self::of(Files { path, shards, index: None, warnings: Vec::new() })
    }

    /// The model of these files.
    fn of(files: Files) -> Result<Self> {
        let Files { path, shards, index, warnings } = files;
        let mut places: Vec<Place> = Vec::new();
        for (number, shard) in shards.iter().enumerate() {
            places.extend((0..shard.count()).map(|tensor| Place { shard: number, tensor }));
        }
        let mut model = Self { path, shards, by_name: Vec::new(), places, warnings };
        model.by_name = model.sorted()?;
        if let Some(index) = &index {
            let more = model.compare(index);
            model.warnings.extend(more);
        }
        Ok(model)
    }

    /// The numbers of the tensors in the order of their names, of which no two are the same.
    fn sorted(&self) -> Result<Vec<usize>> {
        let place = |number: usize| self.places[number];
        let mut sorted: Vec<usize> = (0..self.places.len()).collect();
        sorted.sort_by_key(|&number| self.name(place(number)));
        let are_same = |pair: &&[usize]| self.name(place(pair[0])) == self.name(place(pair[1]));
        match sorted.windows(2).find(are_same) {
            Some(pair) => Err(Error::DuplicateTensor {
                name: self.name(place(pair[0])).to_owned(),
                files: [pair[0], pair[1]]
                    .map(|number| self.shards[place(number).shard].path().to_path_buf()),
            }),
            None => Ok(sorted),
        }
    }

    /// How the tensors that there are differ from those of the index.
    fn compare(&self, index: &Index) -> Vec<ModelWarning> {
        let mut warnings = Vec::new();
        for (tensor, listed) in &index.weight_map {
            if !self.contains(tensor) {
                let (tensor, listed) = (tensor.clone(), listed.clone());
                warnings.push(ModelWarning::Missing { tensor, listed });
            }
        }
        for tensor in self.tensors() {
            let (name, file) = (tensor.name().to_owned(), tensor.file().to_path_buf());
            match index.weight_map.get(&name) {
                None => warnings.push(ModelWarning::Unlisted { tensor: name, file }),
                Some(listed) if !is_of(&file, listed) => {
                    let listed = listed.clone();
                    warnings.push(ModelWarning::Misplaced { tensor: name, file, listed });
                }
                Some(_) => {}
            }
        }
        warnings
    }

    /// The folder or file, as it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is strange about the model, but no error.
    pub fn warnings(&self) -> &[ModelWarning] {
        &self.warnings
    }

    /// All tensors, in the order of the shards' names and that of the tensors in each.
    pub fn tensors(&self) -> impl ExactSizeIterator<Item = ModelTensor<'_>> {
        self.places.iter().map(|&place| self.at(place))
    }

    /// The tensor of this number in the order of [`Model::tensors`].
    pub fn tensor_at(&self, number: usize) -> Option<ModelTensor<'_>> {
        self.places.get(number).map(|&place| self.at(place))
    }

    /// The number of the tensor of this name in the order of [`Model::tensors`].
    ///
    /// # Errors
    /// [`Error::NoSuchTensor`].
    pub fn number_of(&self, name: &str) -> Result<usize> {
        match self.by_name.binary_search_by(|&number| self.name(self.places[number]).cmp(name)) {
            Ok(found) => Ok(self.by_name[found]),
            Err(_) => Err(Error::NoSuchTensor { path: self.path.clone(), name: name.to_owned() }),
        }
    }

    /// The tensor of this name.
    ///
    /// # Errors
    /// [`Error::NoSuchTensor`].
    pub fn tensor(&self, name: &str) -> Result<ModelTensor<'_>> {
        self.number_of(name).map(|number| self.at(self.places[number]))
    }

    /// Whether there is a tensor of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.tensor(name).is_ok()
    }

    /// The files, each as it was opened.
    pub fn files(&self) -> impl ExactSizeIterator<Item = &Path> {
        self.shards.iter().map(Shard::path)
    }

    /// The shards that are archives, such as for a `GpuLoader`.
    pub fn archives(&self) -> impl Iterator<Item = &Archive> {
        self.shards.iter().filter_map(Shard::archive)
    }

    /// Bytes that were read of its files so far, each as often as it was.
    pub fn bytes_read(&self) -> u64 {
        self.shards.iter().map(Shard::bytes_read).sum()
    }

    fn at(&self, place: Place) -> ModelTensor<'_> {
        ModelTensor::new(&self.shards[place.shard], place.tensor)
    }

    fn name(&self, place: Place) -> &str {
        self.shards[place.shard].name(place.tensor)
    }
}

/// Whether a file is the one that an index calls `listed`, compressed or not.
fn is_of(file: &Path, listed: &str) -> bool {
    let name = file.file_name().unwrap_or_default();
    name == listed || name == archive_name(listed.as_ref())
}
