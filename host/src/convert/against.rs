//! Tensors of a source that are coded against those of bases.

use super::Progress;
use super::bases::{Bases, Match, Matches};
use crate::container::{Stored, TensorReference};
use crate::delta::{Delta, RowMap};
use crate::{Decoder, Encoder, Error, Result, SafetensorsFile, TensorView};

/// A delta that takes more than this part of its tensor is compared with the tensor alone.
const SURELY_LESS: f64 = 0.5;

/// The tensors of a source that bases have, with the same bytes or with others.
pub(super) struct Against<'a> {
    bases: &'a Bases,
    input: &'a SafetensorsFile,
    decoder: &'a Decoder,
    matches: Matches,
}

impl<'a> Against<'a> {
    /// Looks for tensors of these numbers in bases, whose archives `decoder` decodes.
    pub fn find(
        bases: &'a Bases,
        input: &'a SafetensorsFile,
        decoder: &'a Decoder,
        encoder: &Encoder,
        numbers: impl Iterator<Item = u32>,
        progress: &dyn Progress,
    ) -> Result<Self> {
        let matches = bases.matches(input, numbers, decoder, encoder, progress)?;
        Ok(Self { bases, input, decoder, matches })
    }

    /// How a tensor is stored that a base has.
    pub fn stored(&self, number: u32) -> Option<Stored> {
        self.matches.get(&number).map(|found| match found {
            Match::Unchanged(hash) => Stored::Unchanged(*hash),
            Match::Against { reference, .. } => Stored::Against(*reference),
        })
    }

    /// Encodes a tensor against its reference, or alone where that is smaller; returns whether `blob` is
    /// a delta.
    pub fn encode(
        &self,
        number: usize,
        tensor: &TensorView<'_>,
        encoder: &Encoder,
        blob: &mut Vec<u8>,
    ) -> Result<bool> {
        let Some((reference, rows)) = self.reference(number) else {
            encoder.encode_into(tensor, blob)?;
            return Ok(false);
        };
        let reference = self.read(number, reference)?;
        let delta = match rows {
            Some(rows) => encoder.encode_against_rows(tensor, &reference, rows)?,
            None => encoder.encode_against(tensor, &reference)?,
        };
        drop(reference);
        if delta.len() as f64 > SURELY_LESS * tensor.data().len() as f64 {
            encoder.encode_into(tensor, blob)?;
            if blob.len() <= delta.len() {
                return Ok(false);
            }
        }
        *blob = delta;
        Ok(true)
    }

    /// Decodes a delta of a tensor.
    pub fn decode(
        &self,
        number: usize,
        delta: &Delta<'_>,
        decoder: &Decoder,
        out: &mut [u8],
    ) -> Result<()> {
        let Some((reference, _)) = self.reference(number) else {
            let reason = "it is a delta of a tensor that was to be coded alone";
            return Err(Error::corrupt("the blob", reason));
        };
        decoder.decode_against(delta, &self.read(number, reference)?, out)
    }

    fn reference(&self, number: usize) -> Option<(TensorReference, Option<&RowMap>)> {
        match self.matches.get(&(number as u32))? {
            Match::Against { reference, rows } => Some((*reference, rows.as_ref())),
            Match::Unchanged(_) => None,
        }
    }

    fn read(&self, number: usize, reference: TensorReference) -> Result<Vec<u8>> {
        let name = &self.input.manifest().tensors[number].name;
        let place = format!("tensor {name:?} of {}", self.input.path().display());
        let (xxh3, byte_len) = (reference.content_hash().value(), reference.byte_len());
        let missing = |reason| Error::BaseNeeded { place: place.clone(), xxh3, byte_len, reason };
        self.bases.read(reference, name, self.decoder, &missing)
    }
}
