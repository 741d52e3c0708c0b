//! Differences: of every element, or of those that changed, with the gaps between them.

use super::bits::{Bits, of_width};
use super::{LONG_GAP, SEGMENT_BYTES};
use crate::Result;
use crate::memory::{append, reserve, resize};
use rayon::prelude::*;

/// The changes of a tensor, as the parts of a sparse delta before they are encoded.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// For each segment its codes and its changes, 4 bytes each.
    pub counts: Vec<u8>,
    /// For each change the unchanged elements before it in its segment, of which 255 at a time have
    /// a code of their own.
    pub gaps: Vec<u8>,
    /// The differences of the changes.
    pub values: Vec<u8>,
}

/// How many elements of `width` bytes differ from those of the reference, which is as long.
pub fn count_changes(width: u8, data: &[u8], reference: &[u8]) -> u64 {
    let segments = data.par_chunks(SEGMENT_BYTES).zip(reference.par_chunks(SEGMENT_BYTES));
    segments.map(|(data, reference)| of_width!(width, count_in(data, reference))).sum()
}

fn count_in<T: Bits>(data: &[u8], reference: &[u8]) -> u64 {
    let pairs = data.chunks_exact(T::BYTES).zip(reference.chunks_exact(T::BYTES));
    // A segment's fit 32 bits, of which a CPU adds twice as many at once as of 64.
    let changed: u32 = pairs.map(|(new, old)| u32::from(T::read(new) != T::read(old))).sum();
    changed.into()
}

/// Whether no more than one of `part` elements seem to differ, by one of so many segments.
pub fn seem_few(width: u8, data: &[u8], reference: &[u8], part: u64) -> bool {
    const SAMPLED: usize = 16;
    let segments = data.par_chunks(SEGMENT_BYTES).zip(reference.par_chunks(SEGMENT_BYTES));
    let count = |(data, reference): (&[u8], &[u8])| {
        (data.len() as u64, of_width!(width, count_in(data, reference)))
    };
    let sampled = segments.step_by(SAMPLED).map(count);
    let (bytes, changed) = sampled.reduce(|| (0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
    changed * part <= bytes / u64::from(width)
}

/// The difference of every element, of `width` bytes each.
pub fn all_differences(width: u8, data: &[u8], reference: &[u8]) -> Result<Vec<u8>> {
    let mut differences = Vec::new();
    resize(&mut differences, data.len() as u64, "the differences of a tensor")?;
    let pairs = data.par_chunks(SEGMENT_BYTES).zip(reference.par_chunks(SEGMENT_BYTES));
    differences.par_chunks_mut(SEGMENT_BYTES).zip(pairs).for_each(|(out, (data, reference))| {
        of_width!(width, differences_in(data, reference, out));
    });
    Ok(differences)
}

fn differences_in<T: Bits>(data: &[u8], reference: &[u8], out: &mut [u8]) {
    let pairs = data.chunks_exact(T::BYTES).zip(reference.chunks_exact(T::BYTES));
    for ((new, old), out) in pairs.zip(out.chunks_exact_mut(T::BYTES)) {
        T::read(new).difference_from(T::read(old)).write(out);
    }
}

impl Changes {
    /// How many elements of `width` bytes change.
    pub fn count(&self, width: u8) -> u64 {
        self.values.len() as u64 / u64::from(width)
    }

    /// The changes from a reference to as many bytes of elements of `width` bytes.
    ///
    /// # Errors
    /// [`crate::Error::OutOfMemory`].
    pub fn find(width: u8, data: &[u8], reference: &[u8]) -> Result<Self> {
        let segments = data.par_chunks(SEGMENT_BYTES).zip(reference.par_chunks(SEGMENT_BYTES));
        let find =
            |(data, reference): (&[u8], &[u8])| of_width!(width, changes_in(data, reference));
        let found: Vec<(Vec<u8>, Vec<u8>)> = segments.map(find).collect();
        const WHAT: &str = "the changes of a tensor";
        let mut changes =
            Self { counts: reserve(8 * found.len() as u64, WHAT)?, ..Self::default() };
        for (gaps, values) in &found {
            let count = (values.len() / usize::from(width)) as u32;
            changes.counts.extend((gaps.len() as u32).to_le_bytes());
            changes.counts.extend(count.to_le_bytes());
            append(&mut changes.gaps, gaps, WHAT)?;
            append(&mut changes.values, values, WHAT)?;
        }
        Ok(changes)
    }
}

/// The changes of a segment so far.
#[derive(Default)]
struct SegmentChanges {
    gaps: Vec<u8>,
    values: Vec<u8>,
    /// Elements that were the same since the last change.
    gap: usize,
}

/// The gaps and values of a segment.
fn changes_in<T: Bits>(data: &[u8], reference: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let mut changes = SegmentChanges::default();
    let ((data, rest), (reference, reference_rest)) = (data.as_chunks(), reference.as_chunks());
    for (new, old) in data.iter().zip(reference) {
        changes.compare_block::<T>(new, old);
    }
    changes.compare::<T>(rest, reference_rest);
    (changes.gaps, changes.values)
}

/// Bytes that are compared at a time.
const BLOCK: usize = 64;
/// Of these those that a CPU compares as one integer.
const WORD: usize = 8;

/// For each word of a block a bit, which is set where the words differ.
fn differing_words(new: &[u8; BLOCK], old: &[u8; BLOCK]) -> u32 {
    let (new, old) = (new.as_chunks::<WORD>().0, old.as_chunks::<WORD>().0);
    let differ = |(new, old): (&[u8; WORD], &[u8; WORD])| {
        u32::from(u64::from_ne_bytes(*new) != u64::from_ne_bytes(*old))
    };
    new.iter().zip(old).map(differ).enumerate().fold(0, |bits, (word, bit)| bits | bit << word)
}

impl SegmentChanges {
    /// Most elements are the same: words of them are passed over, without a branch for each, which a
    /// CPU could not foresee.
    fn compare_block<T: Bits>(&mut self, new: &[u8; BLOCK], old: &[u8; BLOCK]) {
        let (mut differing, mut done) = (differing_words(new, old), 0);
        while differing != 0 {
            let word = differing.trailing_zeros() as usize;
            self.gap += (word - done) * (WORD / T::BYTES);
            let bytes = word * WORD..(word + 1) * WORD;
            self.compare::<T>(&new[bytes.clone()], &old[bytes]);
            done = word + 1;
            differing &= differing - 1;
        }
        self.gap += (BLOCK / WORD - done) * (WORD / T::BYTES);
    }

    /// Goes on with these elements.
    fn compare<T: Bits>(&mut self, new: &[u8], old: &[u8]) {
        for (new, old) in new.chunks_exact(T::BYTES).zip(old.chunks_exact(T::BYTES)) {
            let difference = T::read(new).difference_from(T::read(old));
            if difference == T::ZERO {
                self.gap += 1;
                continue;
            }
            while self.gap >= usize::from(LONG_GAP) {
                self.gaps.push(LONG_GAP);
                self.gap -= usize::from(LONG_GAP);
            }
            self.gaps.push(self.gap as u8);
            self.gap = 0;
            let mut bytes = [0; WORD];
            difference.write(&mut bytes);
            self.values.extend_from_slice(&bytes[..T::BYTES]);
        }
    }
}

/// The differences of `width` bytes without the high bytes that are zero in all of them, and the bytes
/// of each that are left: 1, 2, 4 or 8.
///
/// # Errors
/// [`crate::Error::OutOfMemory`].
pub fn narrowed(width: u8, differences: Vec<u8>) -> Result<(u8, Vec<u8>)> {
    let pieces = differences.par_chunks(SEGMENT_BYTES);
    let bits = pieces.map(|piece| of_width!(width, all_bits(piece))).reduce(|| 0, |a, b| a | b);
    let used = (u64::BITS - bits.leading_zeros()).div_ceil(8).max(1);
    let (width, stored) = (usize::from(width), used.next_power_of_two() as usize);
    if stored == width {
        return Ok((width as u8, differences));
    }
    let mut narrow: Vec<u8> = Vec::new();
    let len = (differences.len() / width * stored) as u64;
    resize(&mut narrow, len, "the differences of a tensor")?;
    copy_low_bytes(&differences, width, &mut narrow, stored);
    Ok((stored as u8, narrow))
}

/// The bits that some of these integers have.
fn all_bits<T: Bits>(integers: &[u8]) -> u64 {
    integers.chunks_exact(T::BYTES).fold(T::ZERO, |bits, bytes| bits.or(T::read(bytes))).to_u64()
}

/// The differences of `width` bytes of which no more than `stored` were kept.
///
/// # Errors
/// [`crate::Error::OutOfMemory`].
pub fn widened(stored: u8, differences: Vec<u8>, width: u8) -> Result<Vec<u8>> {
    let [stored, width] = [stored, width].map(usize::from);
    if stored == width {
        return Ok(differences);
    }
    let mut wide = Vec::new();
    let len = (differences.len() / stored * width) as u64;
    resize(&mut wide, len, "the differences of a tensor")?;
    copy_low_bytes(&differences, stored, &mut wide, width);
    Ok(wide)
}

/// Copies the bytes that integers of both widths have; what else there is of a wider one is zero.
fn copy_low_bytes(from: &[u8], from_width: usize, to: &mut [u8], to_width: usize) {
    let common = from_width.min(to_width);
    let from = from.par_chunks(SEGMENT_BYTES / 8 * from_width);
    to.par_chunks_mut(SEGMENT_BYTES / 8 * to_width).zip(from).for_each(|(to, from)| {
        let pairs = to.chunks_exact_mut(to_width).zip(from.chunks_exact(from_width));
        // Nearly always: to copy a byte takes less time than to call what copies any number.
        match common {
            1 => pairs.for_each(|(to, from)| to[0] = from[0]),
            _ => pairs.for_each(|(to, from)| to[..common].copy_from_slice(&from[..common])),
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_of_255_and_more_go_on_in_another_code() {
        let reference = vec![0u8; 1202];
        for (place, codes) in
            [(0, vec![0]), (254, vec![254]), (255, vec![255, 0]), (600, vec![255, 255, 90])]
        {
            let mut data = reference.clone();
            data[2 * place] = 3;
            let changes = Changes::find(2, &data, &reference).unwrap();
            assert_eq!((changes.gaps, changes.values), (codes.clone(), vec![6, 0]));
            assert_eq!(changes.counts, [codes.len() as u8, 0, 0, 0, 1, 0, 0, 0]);
        }
    }

    #[test]
    fn differences_are_as_wide_as_the_largest() {
        for (largest, stored) in [(0u64, 1), (255, 1), (256, 2), (65_536, 4), (1 << 32, 8)] {
            let wide: Vec<u8> = [3, largest, 7].iter().flat_map(|n| n.to_le_bytes()).collect();
            let (width, narrow) = narrowed(8, wide.clone()).unwrap();
            assert_eq!((width, narrow.len()), (stored, 3 * usize::from(stored)), "{largest}");
            assert_eq!(widened(width, narrow, 8).unwrap(), wide);
        }
        assert_eq!(narrowed(4, Vec::new()).unwrap(), (1, Vec::new()));
    }

    #[test]
    fn gaps_begin_anew_in_each_segment() {
        let reference = vec![7u8; 2 * SEGMENT_BYTES];
        let mut data = reference.clone();
        data[SEGMENT_BYTES + 1] = 8;
        let changes = Changes::find(1, &data, &reference).unwrap();
        assert_eq!(changes.gaps, [1]);
        assert_eq!(changes.counts, [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]);
    }
}
