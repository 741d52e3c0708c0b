//! The report: tensor by tensor, by kind of tensor, and in total.

use super::kinds::{Kind, Kinds, kind};
use super::records::{Record, Records};
use super::sizes::Sizes;
use super::source::Tensor;
use serde::ser::{Serialize, SerializeStruct, Serializer};
use std::path::Path;
use wcodec::Result;
use wcodec::encode::Split;

/// A checkpoint. The sizes are bits a weight.
pub struct Report {
    pub input: String,
    /// All tensors together.
    pub sizes: Sizes,
    records: Records,
    kinds: Kinds,
}

impl Report {
    /// The tensors in the order of the files.
    pub fn tensors(&self) -> impl Iterator<Item = Record<'_>> {
        self.records.iter().map(|(_, record)| record)
    }

    /// The kinds of tensors, those with the most weights first.
    pub fn kinds(&self) -> impl Iterator<Item = Kind> + '_ {
        self.kinds.iter(&self.records)
    }
}

/// A report in the making.
#[derive(Default)]
pub struct Sum {
    sizes: Option<Sizes>,
    records: Records,
}

impl Sum {
    /// Adds a tensor, whose elements were split so.
    ///
    /// # Errors
    /// [`wcodec::Error::OutOfMemory`].
    pub fn add(&mut self, tensor: &Tensor<'_>, split: Split, sizes: &Sizes) -> Result<()> {
        match &mut self.sizes {
            Some(sum) => sum.add(sizes),
            sum => *sum = Some(sizes.clone()),
        }
        self.records.add(tensor, split, sizes)
    }

    /// The report on the tensors of `input`.
    ///
    /// # Errors
    /// [`wcodec::Error::OutOfMemory`].
    pub fn finish(self, input: &Path) -> Result<Report> {
        let Self { sizes, records } = self;
        let kinds = Kinds::of(&records)?;
        let (input, sizes) = (input.display().to_string(), sizes.unwrap_or_default());
        Ok(Report { input, sizes, records, kinds })
    }
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut report = serializer.serialize_struct("Report", 6)?;
        report.serialize_field("input", &self.input)?;
        put_weights(&mut report, &self.sizes)?;
        report.serialize_field("bits_per_weight", &self.sizes)?;
        report.serialize_field("kinds", &Each(|| self.kinds()))?;
        report.serialize_field("tensors", &Each(|| self.tensors()))?;
        report.end()
    }
}

/// The weights, and where bases were given those of tensors that they have, or others like them.
fn put_weights<S: SerializeStruct>(
    out: &mut S,
    sizes: &Sizes,
) -> std::result::Result<(), S::Error> {
    out.serialize_field("weights", &sizes.weights)?;
    match &sizes.bases {
        Some(bases) => out.serialize_field("matched_weights", &bases.matched),
        None => out.skip_field("matched_weights"),
    }
}

/// An array of values that are made one after another.
struct Each<F>(F);

impl<I: Iterator<Item: Serialize>, F: Fn() -> I> Serialize for Each<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut kind = serializer.serialize_struct("Kind", 6)?;
        kind.serialize_field("kind", &self.name)?;
        kind.serialize_field("dtype", &self.dtype)?;
        kind.serialize_field("tensors", &self.tensors)?;
        put_weights(&mut kind, &self.sizes)?;
        kind.serialize_field("bits_per_weight", &self.sizes)?;
        kind.end()
    }
}

impl Serialize for Record<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut tensor = serializer.serialize_struct("Tensor", 8)?;
        tensor.serialize_field("name", self.name)?;
        tensor.serialize_field("kind", &kind(self.name))?;
        tensor.serialize_field("dtype", &self.dtype)?;
        tensor.serialize_field("shape", &Each(|| self.extents()))?;
        tensor.serialize_field("split", &format!("{:?}", self.split))?;
        put_weights(&mut tensor, &self.sizes)?;
        tensor.serialize_field("bits_per_weight", &self.sizes)?;
        tensor.end()
    }
}
