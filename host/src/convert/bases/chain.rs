//! Bases that are coded against others: from one to the next, up to one that decodes alone.

use super::file::Content;
use super::{BaseTensor, Bases};
use crate::container::TensorReference;
use crate::{Decoder, Error, Result};

/// The error of a base that is missing, for a reason.
type Missing<'a> = &'a dyn Fn(&'static str) -> Error;

impl Bases {
    /// The tensor with these bytes, then the one that it is coded against, and so on.
    pub(super) fn chain(
        &self,
        first: TensorReference,
        name: &str,
        missing: Missing<'_>,
    ) -> Result<Vec<BaseTensor>> {
        let mut chain: Vec<BaseTensor> = Vec::new();
        let mut next = Some(first);
        while let Some(wanted) = next {
            let Some(found) = self.find(wanted, name)? else {
                return Err(self.gap(&chain, missing));
            };
            if chain.contains(&found) {
                return Err(missing("the bases that were given lead round in a circle"));
            }
            let limit = self.limits.bases;
            if chain.len() as u64 >= limit {
                let place = self.file(found).path().display().to_string();
                let what = "the number of bases one after another";
                return Err(Error::LimitExceeded { place, what, value: limit + 1, limit });
            }
            chain.push(found);
            next = self.reference_of(found);
        }
        Ok(chain)
    }

    /// The error of a chain whose next tensor is missing, which names the tensor that needs it.
    fn gap(&self, chain: &[BaseTensor], missing: Missing<'_>) -> Error {
        const REASON: &str = "no base that was given has it";
        let Some(&last) = chain.last() else { return missing(REASON) };
        match self.file(last).content() {
            Content::Archive(archive) => {
                let tensor = &archive.tensors()[last.number];
                tensor.needs_base(archive.place(tensor), REASON)
            }
            Content::Safetensors(..) => missing(REASON),
        }
    }

    /// The tensor that one of a base is coded against itself.
    fn reference_of(&self, tensor: BaseTensor) -> Option<TensorReference> {
        match self.file(tensor).content() {
            Content::Archive(archive) => archive.tensors()[tensor.number].reference(),
            Content::Safetensors(..) => None,
        }
    }

    /// The bytes of the tensor that is wanted: the last of its chain decodes alone, each other with the
    /// one after it.
    pub(crate) fn read(
        &self,
        wanted: TensorReference,
        name: &str,
        decoder: &Decoder,
        missing: Missing<'_>,
    ) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        for tensor in self.chain(wanted, name, missing)?.into_iter().rev() {
            bytes = match self.file(tensor).content() {
                Content::Safetensors(file, _) => {
                    file.read_tensor(tensor.number, &mut bytes)?;
                    bytes
                }
                Content::Archive(archive) => {
                    let info = &archive.tensors()[tensor.number];
                    match info.reference() {
                        Some(_) => archive.decode_with(tensor.number, bytes, decoder)?,
                        None => archive.decode_tensor(info.name(), decoder)?,
                    }
                }
            };
        }
        match wanted.is(&bytes) {
            true => Ok(bytes),
            false => Err(missing("the base that had it was changed meanwhile")),
        }
    }
}
