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
    pairs.map(|(new, old)| u64::from(T::read(new) != T::read(old))).sum()
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
    // Most elements are the same: eight bytes of them are passed over at a time.
    for (new, old) in data.iter().zip(reference) {
        match u64::from_ne_bytes(*new) == u64::from_ne_bytes(*old) {
            true => changes.gap += 8 / T::BYTES,
            false => changes.compare::<T>(new, old),
        }
    }
    changes.compare::<T>(rest, reference_rest);
    (changes.gaps, changes.values)
}

impl SegmentChanges {
    /// Goes on with these elements.
    fn compare<T: Bits>(&mut self, new: &[u8], old: &[u8]) {
        for (new, old) in new.chunks_exact(T::BYTES).zip(old.chunks_exact(T::BYTES)) {
            let difference = T::read(new).difference_from(T::read(old));
            if difference == T::ZERO {
                self.gap += 1;
                continue;
            }
            let long = self.gap / usize::from(LONG_GAP);
            self.gaps.extend(std::iter::repeat_n(LONG_GAP, long));
            self.gaps.push((self.gap % usize::from(LONG_GAP)) as u8);
            self.gap = 0;
            let at = self.values.len();
            self.values.resize(at + T::BYTES, 0);
            difference.write(&mut self.values[at..]);
        }
    }
}

/// The differences of `width` bytes without the high bytes that are zero in all of them, and the bytes
/// of each that are left: 1, 2, 4 or 8.
///
/// # Errors
/// [`crate::Error::OutOfMemory`].
pub fn narrowed(width: u8, differences: Vec<u8>) -> Result<(u8, Vec<u8>)> {
    let width = usize::from(width);
    let pieces = differences.par_chunks(SEGMENT_BYTES);
    let used = |piece: &[u8]| {
        let used = |bytes: &[u8]| bytes.iter().rposition(|&byte| byte != 0).map_or(1, |at| at + 1);
        piece.chunks_exact(width).map(used).max().unwrap_or(1)
    };
    let stored = pieces.map(used).max().unwrap_or(1).next_power_of_two();
    if stored == width {
        return Ok((width as u8, differences));
    }
    let mut narrow: Vec<u8> = Vec::new();
    let len = (differences.len() / width * stored) as u64;
    resize(&mut narrow, len, "the differences of a tensor")?;
    copy_low_bytes(&differences, width, &mut narrow, stored);
    Ok((stored as u8, narrow))
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
        for (to, from) in to.chunks_exact_mut(to_width).zip(from.chunks_exact(from_width)) {
            to[..common].copy_from_slice(&from[..common]);
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
