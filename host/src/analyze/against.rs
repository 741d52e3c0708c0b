//! The size of tensors against those of bases, for research.

use crate::container::TensorReference;
use crate::convert::{Bases, Match};
use crate::delta::{RowMap, plane_entropy_bits};
use crate::{Decoder, Encoder, Error, Result, TensorView};
use std::borrow::Cow;

/// The size of a tensor against the one of a base that it is likest to.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct AgainstBase {
    /// Bytes of its delta; none where a base has the same bytes.
    pub delta_bytes: u64,
    /// The order-0 entropy of the differences of all elements, byte plane by byte plane: without
    /// tables, index, and the map of rows.
    pub limit_bits: f64,
}

/// Measures a tensor against the one of the bases that compressing would code it against; `None`
/// where they have none like it. `decoder` decodes the bases that are archives.
///
/// # Errors
/// Those of reading the bases and of encoding.
pub fn measure_against(
    bases: &Bases,
    name: &str,
    tensor: &TensorView<'_>,
    encoder: &Encoder,
    decoder: &Decoder,
) -> Result<Option<AgainstBase>> {
    let (reference, rows) = match bases.likest(name, tensor, decoder, encoder)? {
        None => return Ok(None),
        Some(Match::Unchanged(_)) => {
            return Ok(Some(AgainstBase { delta_bytes: 0, limit_bits: 0.0 }));
        }
        Some(Match::Against { reference, rows }) => (reference, rows),
    };
    let missing = |reason| needs(name, reference, reason);
    let reference = bases.read(reference, name, decoder, &missing)?;
    let delta = match &rows {
        Some(rows) => encoder.encode_against_rows(tensor, &reference, rows)?,
        None => encoder.encode_against(tensor, &reference)?,
    };
    let gathered = rows.as_ref().map(|rows: &RowMap| rows.gathered(&reference)).transpose()?;
    let reference = gathered.map_or(Cow::Borrowed(&reference), Cow::Owned);
    let limit_bits = plane_entropy_bits(tensor, &reference)?;
    Ok(Some(AgainstBase { delta_bytes: delta.len() as u64, limit_bits }))
}

/// Bits of the order-0 entropy of a tensor's differences from a reference, which is as long, byte plane
/// by byte plane.
///
/// # Errors
/// [`Error::OutOfMemory`].
pub fn difference_limit(tensor: &TensorView<'_>, reference: &[u8]) -> Result<f64> {
    plane_entropy_bits(tensor, reference)
}

fn needs(name: &str, reference: TensorReference, reason: &'static str) -> Error {
    let (xxh3, byte_len) = (reference.content_hash().value(), reference.byte_len());
    Error::BaseNeeded { place: format!("tensor {name:?}"), xxh3, byte_len, reason }
}
