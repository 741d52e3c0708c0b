//! From the weights before a step and after it to the bytes of the step.

use crate::container::{ArchiveWriter, ContentHash, Manifest, StoragePlan, Stored};
use crate::container::{TensorReference, TensorSpec};
use crate::memory::reserve;
use crate::panic::catch_panic;
use crate::{Encoder, Error, Result, TensorView};
use rayon::prelude::*;
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

/// A tensor before a step and after it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct StepTensor<'a> {
    /// Its name, unique in the step.
    pub name: &'a str,
    /// After the step.
    pub new: TensorView<'a>,
    /// Its bytes before, as many.
    pub old: &'a [u8],
}

impl<'a> StepTensor<'a> {
    /// A tensor of this name, after a step and before it.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where there were not as many bytes before.
    pub fn new(name: &'a str, new: TensorView<'a>, old: &'a [u8]) -> Result<Self> {
        if old.len() == new.data().len() {
            return Ok(Self { name, new, old });
        }
        let (old, new) = (old.len(), new.data().len());
        let reason = format!("tensor {name:?} had {old} bytes before the step and has {new} now");
        Err(Error::InvalidArgument(reason))
    }

    /// The tensor before the step, and the hash of that after it where that is another.
    fn hashes(&self) -> (TensorReference, Option<ContentHash>) {
        let (old, new) = (self.old, self.new.data());
        match old == new {
            true => (TensorReference::of(old), None),
            false => {
                let (before, after) =
                    rayon::join(|| TensorReference::of(old), || ContentHash::of(new));
                (before, Some(after))
            }
        }
    }
}

/// Encodes a step of these tensors, as a whole .wcodec file in memory. Those that did not change
/// take a hash.
///
/// # Errors
/// [`Error::InvalidArgument`] where two have one name; [`Error::LimitExceeded`];
/// [`Error::OutOfMemory`].
///
/// ```
/// use wcodec::steps::{Step, StepTensor, encode_step};
/// use wcodec::{Decoder, DeviceChoice, Dtype, Encoder, TensorView};
///
/// # fn main() -> wcodec::Result<()> {
/// let mut engine = vec![0x3F; 20_000];
/// let mut trainer = engine.clone();
/// trainer[70] += 1;
/// let new = TensorView::new(Dtype::BF16, &[100, 100], &trainer)?;
/// let bytes = encode_step(&[StepTensor::new("w", new, &engine)?], &Encoder::new())?;
///
/// let (step, decoder) = (Step::from_bytes(bytes)?, Decoder::open(DeviceChoice::Cpu)?);
/// step.apply(&mut [("w", &mut engine)], &decoder)?;
/// assert_eq!(engine, trainer);
/// assert!(step.apply(&mut [("w", &mut engine)], &decoder).is_err());
/// # Ok(())
/// # }
/// ```
pub fn encode_step(tensors: &[StepTensor<'_>], encoder: &Encoder) -> Result<Vec<u8>> {
    let specs = tensors.iter().map(|tensor| {
        let (dtype, shape) = (tensor.new.dtype(), tensor.new.shape());
        TensorSpec::new(tensor.name, dtype, shape)
    });
    let manifest = Arc::new(Manifest::new(specs.collect()));
    let hashes = || Ok(tensors.par_iter().map(StepTensor::hashes).collect::<Vec<_>>());
    let hashes = catch_panic("hash the tensors of a step", hashes)?;
    let stored = |number: usize| match hashes[number] {
        (before, None) => Stored::Unchanged(before.content_hash()),
        (before, Some(_)) => Stored::Against(before),
    };
    let plan = StoragePlan::new(tensors.len(), stored, |_| None)?;
    let out = Cursor::new(reserve(1 << 12, "a step")?);
    let changed: Vec<usize> =
        (0..plan.blobs()).map(|blob| plan.members(blob)[0] as usize).collect();
    let mut writer = ArchiveWriter::of_file(out, Path::new("<memory>"), manifest, None, plan)?;
    let all =
        tensors.iter().fold(0, |sum: u64, tensor| sum.saturating_add(tensor.old.len() as u64));
    let encoder = encoder.clone().batch_bytes(all);
    for number in changed {
        let (tensor, (before, after)) = (&tensors[number], hashes[number]);
        let delta = encoder.encode_against(&tensor.new, tensor.old)?;
        writer.append(&delta, after.unwrap_or(before.content_hash()))?;
    }
    Ok(writer.finish()?.into_inner())
}
