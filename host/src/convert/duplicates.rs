//! Tensors of a source that have the bytes of an earlier one.

use super::Progress;
use crate::Result;
use crate::container::{ContentHash, ContentHasher};
use crate::memory::{reserve, resize};
use crate::progress::proceed;
use crate::safetensors_file::SafetensorsFile;

/// Bytes at either end of a tensor by which it is told from most others.
const SAMPLE: u64 = 4096;
/// Bytes that are compared at a time.
const PIECE: u64 = 1 << 20;

/// A tensor by its length and a hash, of a sample or of all its bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    len: u64,
    hash: ContentHash,
    number: u32,
}

/// For each tensor the number of the first that has the same bytes, which is its own where there is
/// none before it. Hashes find them, and their bytes are compared.
///
/// Takes 28 bytes a tensor, and reads no more than the ends of one unless another has the same.
pub fn duplicates(input: &SafetensorsFile, progress: &dyn Progress) -> Result<Vec<u32>> {
    const WHAT: &str = "the hashes of tensors";
    let count = input.manifest().tensors.len();
    let mut first: Vec<u32> = reserve(count as u64, WHAT)?;
    first.extend(0..count as u32);
    let mut candidates = reserve(count as u64, WHAT)?;
    let mut bytes = Vec::new();
    for number in 0..count as u32 {
        let len = input.tensor_len(number as usize);
        // Tensors without bytes take none.
        if len > 0 {
            let hash = sample(input, number, len, &mut bytes)?;
            candidates.push(Candidate { len, hash, number });
        }
    }
    candidates.sort_unstable();
    for alike in candidates.chunk_by_mut(|a, b| (a.len, a.hash) == (b.len, b.hash)) {
        if alike.len() > 1 {
            among(input, alike, &mut first, progress)?;
        }
    }
    Ok(first)
}

/// The hash of both ends of a tensor, or of all of a short one.
pub(super) fn sample(
    input: &SafetensorsFile,
    number: u32,
    len: u64,
    bytes: &mut Vec<u8>,
) -> Result<ContentHash> {
    let end = len.min(2 * SAMPLE).saturating_sub(SAMPLE);
    resize(bytes, len.min(SAMPLE) + end, "a part of a tensor")?;
    let (head, tail) = bytes.split_at_mut(len.min(SAMPLE) as usize);
    input.read_part(number as usize, 0, head)?;
    input.read_part(number as usize, len - end, tail)?;
    Ok(ContentHash::of(bytes))
}

/// Finds those that are the same among tensors whose ends are.
fn among(
    input: &SafetensorsFile,
    alike: &mut [Candidate],
    first: &mut [u32],
    progress: &dyn Progress,
) -> Result<()> {
    let mut pieces = [Vec::new(), Vec::new()];
    if alike[0].len > 2 * SAMPLE {
        for candidate in alike.iter_mut() {
            look_at(input, candidate.number, progress)?;
            candidate.hash = hash(input, candidate.number, candidate.len, &mut pieces[0])?;
        }
        alike.sort_unstable();
    }
    for same in alike.chunk_by(|a, b| a.hash == b.hash) {
        for other in &same[1..] {
            look_at(input, other.number, progress)?;
            if is_same(input, same[0], other.number, &mut pieces)? {
                first[other.number as usize] = same[0].number;
            }
        }
    }
    Ok(())
}

/// Tells of a tensor that is read, and asks whether to go on.
pub(super) fn look_at(input: &SafetensorsFile, number: u32, progress: &dyn Progress) -> Result<()> {
    proceed(progress.tensor(input.path(), &input.manifest().tensors[number as usize].name))
}

/// The hash of all bytes of a tensor.
pub(super) fn hash_of(input: &SafetensorsFile, number: usize) -> Result<ContentHash> {
    hash(input, number as u32, input.tensor_len(number), &mut Vec::new())
}

/// The same with memory for pieces of so many bytes of it.
pub(super) fn hash(
    input: &SafetensorsFile,
    number: u32,
    len: u64,
    piece: &mut Vec<u8>,
) -> Result<ContentHash> {
    let mut hasher = ContentHasher::new();
    for start in (0..len).step_by(PIECE as usize) {
        resize(piece, PIECE.min(len - start), "a part of a tensor")?;
        input.read_part(number as usize, start, piece)?;
        hasher.update(piece);
    }
    Ok(hasher.finish())
}

/// Compares two tensors byte for byte.
fn is_same(
    input: &SafetensorsFile,
    one: Candidate,
    other: u32,
    pieces: &mut [Vec<u8>; 2],
) -> Result<bool> {
    let [one_read, other_read] = [one.number, other]
        .map(|number| move |at, out: &mut [u8]| input.read_part(number as usize, at, out));
    have_same_bytes(one.len, one_read, other_read, pieces)
}

/// Compares so many bytes that two readers give.
pub(super) fn have_same_bytes(
    len: u64,
    one: impl Fn(u64, &mut [u8]) -> Result<()>,
    other: impl Fn(u64, &mut [u8]) -> Result<()>,
    pieces: &mut [Vec<u8>; 2],
) -> Result<bool> {
    for start in (0..len).step_by(PIECE as usize) {
        for piece in pieces.iter_mut() {
            resize(piece, PIECE.min(len - start), "a part of a tensor")?;
        }
        one(start, &mut pieces[0])?;
        other(start, &mut pieces[1])?;
        if pieces[0] != pieces[1] {
            return Ok(false);
        }
    }
    Ok(true)
}
