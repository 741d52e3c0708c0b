//! From the bytes of a step, and the weights before it, to those after it.

use crate::container::{Archive, TensorInfo};
use crate::delta::{Delta, Differences};
use crate::{Decoder, Error, Result};

/// A step, parsed: an archive whose tensors are all coded against those before it.
#[derive(Debug)]
pub struct Step {
    archive: Archive,
}

impl Step {
    /// Reads a step.
    ///
    /// # Errors
    /// As [`Archive::from_bytes`]; [`Error::InvalidArgument`] where a tensor is coded alone.
    pub fn from_bytes(bytes: impl AsRef<[u8]> + Send + Sync + 'static) -> Result<Self> {
        Self::new(Archive::from_bytes(bytes)?)
    }

    /// The step that an archive is.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where a tensor is coded alone.
    pub fn new(archive: Archive) -> Result<Self> {
        match archive.tensors().iter().find(|tensor| tensor.reference().is_none()) {
            None => Ok(Self { archive }),
            Some(tensor) => {
                let place = archive.place(tensor);
                let reason = format!("{place} is coded alone: decode it in place of applying it");
                Err(Error::InvalidArgument(reason))
            }
        }
    }

    /// Its tensors, as they are after it.
    pub fn tensors(&self) -> &[TensorInfo] {
        self.archive.tensors()
    }

    /// Makes of the tensors before the step, given by name, those after it, in place: all of them, or, where
    /// it fails, none. What does not change is not written.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where not just the step's tensors are given, each once, or one has
    /// another length; [`Error::BaseNeeded`] where one is another than the one before the step;
    /// [`Error::Corrupt`]; [`Error::OutOfMemory`].
    pub fn apply(&self, tensors: &mut [(&str, &mut [u8])], decoder: &Decoder) -> Result<()> {
        let numbers = self.numbers_of(tensors.iter().map(|(name, _)| *name))?;
        for ((_, data), &number) in tensors.iter().zip(&numbers) {
            self.check_before(number, data)?;
        }
        for done in 0..tensors.len() {
            let applied = self.apply_one(numbers[done], tensors[done].1, decoder);
            if let Err(error) = applied {
                for (place, &number) in numbers[..done].iter().enumerate() {
                    self.take_back(number, tensors[place].1, decoder)?;
                }
                return Err(error);
            }
        }
        Ok(())
    }

    /// The archive that it is.
    #[cfg(feature = "gpu")]
    pub(super) fn archive(&self) -> &Archive {
        &self.archive
    }

    /// The numbers of the tensors with these names, which are those of the step, each once.
    pub(super) fn numbers_of<'a>(
        &self,
        names: impl Iterator<Item = &'a str>,
    ) -> Result<Vec<usize>> {
        let mut numbers = Vec::new();
        for name in names {
            let number = self.archive.number_of(name)?;
            if numbers.contains(&number) {
                let reason = format!("tensor {name:?} is given twice");
                return Err(Error::InvalidArgument(reason));
            }
            numbers.push(number);
        }
        let is_given = |number: &usize| numbers.contains(number);
        match (0..self.tensors().len()).find(|number| !is_given(number)) {
            None => Ok(numbers),
            Some(number) => {
                let name = self.tensors()[number].name();
                let reason = format!("the step changes tensor {name:?} too, which is not given");
                Err(Error::InvalidArgument(reason))
            }
        }
    }

    fn check_before(&self, number: usize, data: &[u8]) -> Result<()> {
        let tensor = &self.tensors()[number];
        if data.len() as u64 != tensor.byte_len() {
            let (place, len, now) = (self.archive.place(tensor), tensor.byte_len(), data.len());
            let reason = format!("{place} has {len} bytes, the buffer {now}");
            return Err(Error::InvalidArgument(reason));
        }
        if tensor.reference().is_some_and(|before| before.is(data)) {
            return Ok(());
        }
        let reason = match self.archive.check_hash(tensor, data) {
            Ok(()) => "the buffer has the tensor after the step already",
            Err(_) => "the buffer has another",
        };
        Err(tensor.needs_base(self.archive.place(tensor), reason))
    }

    fn apply_one(&self, number: usize, data: &mut [u8], decoder: &Decoder) -> Result<()> {
        let Some(differences) = self.differences(number, decoder)? else { return Ok(()) };
        differences.add_to(data);
        let checked = self.archive.check_hash(&self.tensors()[number], data);
        if checked.is_err() {
            differences.take_from(data);
        }
        checked
    }

    fn take_back(&self, number: usize, data: &mut [u8], decoder: &Decoder) -> Result<()> {
        if let Some(differences) = self.differences(number, decoder)? {
            differences.take_from(data);
        }
        Ok(())
    }

    /// What a tensor differs in; `None` where it does not.
    fn differences(&self, number: usize, decoder: &Decoder) -> Result<Option<Differences>> {
        let tensor = &self.tensors()[number];
        if tensor.is_unchanged() {
            return Ok(None);
        }
        let bytes = self.archive.read_blob(tensor)?;
        let delta = self.archive.parse_delta(tensor, &bytes)?;
        self.check_rows_stay(&delta, tensor)?;
        let place = || self.archive.place(tensor);
        decoder.differences(&delta).map(Some).map_err(|error| error.within(&place()))
    }

    /// Refuses what cannot be applied in place.
    pub(super) fn check_rows_stay(&self, delta: &Delta<'_>, tensor: &TensorInfo) -> Result<()> {
        if !delta.has_row_map() {
            return Ok(());
        }
        let place = self.archive.place(tensor);
        let reason = format!("{place} has rows at other places: decode it to a new buffer");
        Err(Error::InvalidArgument(reason))
    }
}
