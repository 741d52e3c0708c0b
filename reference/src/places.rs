//! FORMAT.md section 1.3, fields 4 and 5: how each tensor is stored.

use super::bytes::{integer, require};
use super::fields::Fields;
use super::text::Listed;
use std::collections::BTreeMap;

/// The place of each tensor, and the decoded length of each blob.
pub struct Places {
    pub tensors: Vec<Place>,
    pub lengths: Vec<u64>,
}

/// The place of a tensor.
pub enum Place {
    /// From byte `start` of a decoded blob on.
    In { blob: usize, start: u64 },
    /// The bytes of the earlier tensor of this number.
    Same(usize),
    /// The bytes of a tensor of another file, by the number of the reference to it.
    Elsewhere(usize),
    /// A delta of the blob of this number, against the tensor of a base with this hash and length.
    Against { blob: usize, hash: u64, length: u64 },
    /// The bytes of a tensor of a base.
    Unchanged,
}

pub fn places(listed: &[Listed], fields: &Fields) -> Result<Places, String> {
    let kinds = match fields.kinds.is_empty() {
        // "Absent or empty where all are of kind 0."
        true => vec![0; listed.len()],
        false => fields.kinds.clone(),
    };
    require(kinds.len() == listed.len(), || {
        format!("{} kinds of {} tensors", kinds.len(), listed.len())
    })?;
    let mut places = Places { tensors: Vec::new(), lengths: Vec::new() };
    let (mut open, mut references, mut elsewhere) = (BTreeMap::new(), 0, 0);
    let mut bases = 0;
    for (number, (tensor, kind)) in listed.iter().zip(kinds).enumerate() {
        let place = match kind {
            0 | 1 => {
                let blob = places.lengths.len();
                places.lengths.push(0);
                if kind == 1 {
                    open.insert(&tensor.dtype, blob);
                }
                Some(blob)
            }
            2 => Some(*open.get(&tensor.dtype).ok_or("a tensor follows none in a shared blob")?),
            3 => None,
            4 => {
                places.tensors.push(Place::Elsewhere(elsewhere));
                elsewhere += 1;
                continue;
            }
            5 => {
                let blob = places.lengths.len();
                places.lengths.push(tensor.data_offsets[1] - tensor.data_offsets[0]);
                let hash = integer(&fields.bases, 16 * bases, 8, "hash of a reference")?;
                let length = integer(&fields.bases, 16 * bases + 8, 8, "length of a reference")?;
                bases += 1;
                places.tensors.push(Place::Against { blob, hash, length });
                continue;
            }
            6 => {
                places.tensors.push(Place::Unchanged);
                continue;
            }
            _ => return Err(format!("kind {kind} needs a newer reader")),
        };
        let place = match place {
            Some(blob) => {
                let length = tensor.data_offsets[1] - tensor.data_offsets[0];
                let start = places.lengths[blob];
                places.lengths[blob] = start.checked_add(length).ok_or("a blob is too long")?;
                Place::In { blob, start }
            }
            None => {
                let back = integer(&fields.references, 4 * references, 4, "reference")?;
                references += 1;
                Place::Same(same(listed, &places.tensors, number, back)?)
            }
        };
        places.tensors.push(place);
    }
    let (is, used) = (fields.references.len(), 4 * references);
    require(is as u64 == used, || format!("{is} bytes of references, {used} are used"))?;
    let is = fields.bases.len() as u64;
    require(is == 16 * bases, || format!("{is} bytes of field 8, {bases} tensors use it"))?;
    Ok(places)
}

/// "a tensor with as many decoded bytes that is not of kind 3 or 4 itself".
fn same(listed: &[Listed], before: &[Place], number: usize, back: u64) -> Result<usize, String> {
    let other = (number as u64).checked_sub(back).filter(|_| back > 0);
    let other = other.ok_or_else(|| format!("there is no tensor {back} before the one"))? as usize;
    let length = |number: usize| listed[number].data_offsets[1] - listed[number].data_offsets[0];
    let is_own = !matches!(before[other], Place::Same(_) | Place::Elsewhere(_));
    require(is_own && length(other) == length(number), || {
        format!("tensor {number} cannot have the bytes of tensor {other}")
    })?;
    Ok(other)
}
