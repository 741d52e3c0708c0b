//! The differences of a delta, decoded, and the way from the reference to the tensor and back.

use super::bits::{Bits, of_width};
use super::changes::widened;
use super::header::corrupt;
use super::parse::{Delta, Segment};
use super::{LONG_GAP, SEGMENT_BYTES};
use crate::memory::reserve;
use crate::{Error, Result};
use rayon::prelude::*;

/// What has to be added to a reference; adding it cannot fail.
#[derive(Debug)]
pub(crate) struct Differences {
    width: u8,
    /// Of every element, or of those that changed.
    bytes: Vec<u8>,
    changes: Option<SparseChanges>,
}

#[derive(Debug)]
struct SparseChanges {
    gaps: Vec<u8>,
    /// Of each segment, and one more.
    places: Vec<Place>,
}

/// Where the codes and the changes of a segment begin.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    code: usize,
    change: usize,
}

impl Differences {
    /// The differences of a delta from what its parts decode to, checked.
    ///
    /// # Errors
    /// [`crate::Error::Corrupt`]; [`crate::Error::OutOfMemory`].
    pub fn new(delta: &Delta<'_>, stored: Vec<u8>, gaps: Option<Vec<u8>>) -> Result<Self> {
        let width = delta.header.width;
        let bytes = widened(delta.header.stored_width, stored, width)?;
        let Some(gaps) = gaps else { return Ok(Self { width, bytes, changes: None }) };
        let changes = SparseChanges { gaps, places: places(&delta.segments)? };
        changes.check(delta.byte_len(), width)?;
        Ok(Self { width, bytes, changes: Some(changes) })
    }

    /// Makes the reference the tensor; it has the tensor's length.
    pub fn add_to(&self, data: &mut [u8]) {
        of_width!(self.width, change_all(self, data, Bits::plus));
    }

    /// Makes the tensor the reference again.
    pub fn take_from(&self, data: &mut [u8]) {
        of_width!(self.width, change_all(self, data, Bits::minus));
    }
}

fn change_all<T: Bits>(
    differences: &Differences,
    data: &mut [u8],
    change: impl Fn(T, T) -> T + Sync,
) {
    let segments = data.par_chunks_mut(SEGMENT_BYTES);
    let Some(SparseChanges { gaps, places }) = &differences.changes else {
        let pairs = segments.zip(differences.bytes.par_chunks(SEGMENT_BYTES));
        return pairs.for_each(|(data, differences)| {
            let elements = data.chunks_exact_mut(T::BYTES);
            for (element, difference) in elements.zip(differences.chunks_exact(T::BYTES)) {
                change(T::read(element), T::read(difference)).write(element);
            }
        });
    };
    segments.zip(places.par_windows(2)).for_each(|(data, places)| {
        let gaps = &gaps[places[0].code..places[1].code];
        let values = differences.bytes[places[0].change * T::BYTES..].chunks_exact(T::BYTES);
        for (at, difference) in changed(gaps).zip(values) {
            let element = &mut data[at * T::BYTES..];
            change(T::read(element), T::read(difference)).write(element);
        }
    });
}

/// The numbers of the elements that change in a segment with these gaps.
fn changed(gaps: &[u8]) -> impl Iterator<Item = usize> {
    let mut next = 0;
    gaps.iter().filter_map(move |&gap| {
        next += usize::from(gap);
        (gap != LONG_GAP).then(|| {
            next += 1;
            next - 1
        })
    })
}

/// Where the codes and changes of each segment begin, and all end.
fn places(segments: &[Segment]) -> Result<Vec<Place>> {
    let mut places: Vec<Place> = reserve(segments.len() as u64 + 1, "the segments of a delta")?;
    let mut end = Place::default();
    for segment in segments {
        places.push(end);
        end.code += segment.codes as usize;
        end.change += segment.changes as usize;
    }
    places.push(end);
    Ok(places)
}

impl SparseChanges {
    /// Checks that each segment has as many changes as it says, and all of them inside it.
    fn check(&self, byte_len: u64, width: u8) -> Result<()> {
        let sound = self.places.par_windows(2).enumerate().all(|(number, places)| {
            let start = (number * SEGMENT_BYTES) as u64;
            let bytes = (byte_len - start).min(SEGMENT_BYTES as u64) as usize;
            let gaps = &self.gaps[places[0].code..places[1].code];
            let (mut count, mut last) = (0, None);
            for at in changed(gaps) {
                (count, last) = (count + 1, Some(at));
            }
            let elements = bytes / usize::from(width);
            count == places[1].change - places[0].change && last.is_none_or(|at| at < elements)
        });
        if sound { Ok(()) } else { Err(beyond_segment()) }
    }
}

/// The fault of gaps that lead out of their segment, or to more changes or fewer than there are.
pub(crate) fn beyond_segment() -> Error {
    corrupt("a segment's changes do not end inside it")
}
