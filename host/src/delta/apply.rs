//! From a delta and its reference to the tensor.

use super::bits::{Bits, of_width};
use super::changes::widened;
use super::header::corrupt;
use super::parse::{Delta, Segment};
use super::rows::RowMap;
use super::{LONG_GAP, SEGMENT_BYTES};
use crate::memory::{reserve, resize};
use crate::panic::catch_panic;
use crate::{Blob, Decoder, Error, Result};
use rayon::prelude::*;

impl Decoder {
    /// Decodes a delta with its reference; `reference` and `out` have the lengths that the delta
    /// tells. Whether the reference is the right one is not known here.
    ///
    /// The parts are decoded on the decoder's device, and added to the reference by the CPU.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where a length is another; [`Error::Corrupt`];
    /// [`Error::OutOfMemory`]. `out` is as it was then.
    pub fn decode_against(
        &self,
        delta: &Delta<'_>,
        reference: &[u8],
        out: &mut [u8],
    ) -> Result<()> {
        check_len("a reference", delta.reference_len(), reference.len())?;
        check_len("a buffer", delta.byte_len(), out.len())?;
        catch_panic("decode a delta", || {
            let differences = self.differences(delta)?;
            match self.row_map(delta)? {
                Some(rows) => rows.gather(reference, out),
                None => out.copy_from_slice(reference),
            }
            differences.add_to(out);
            Ok(())
        })
    }

    /// Decodes a delta in place: `data` is the reference, and then the tensor. Bytes that do not
    /// change are not written.
    ///
    /// # Errors
    /// As [`Decoder::decode_against`]; [`Error::InvalidArgument`] where the delta maps rows.
    pub fn apply(&self, delta: &Delta<'_>, data: &mut [u8]) -> Result<()> {
        check_len("a reference", delta.reference_len(), data.len())?;
        if delta.has_row_map() {
            let reason = "a delta that maps rows cannot be decoded in place: decode it to a buffer \
                of its own";
            return Err(Error::InvalidArgument(reason.to_owned()));
        }
        catch_panic("apply a delta", || {
            self.differences(delta)?.add_to(data);
            Ok(())
        })
    }

    /// Decodes the differences of a delta, and checks all of it that can be wrong.
    pub(crate) fn differences(&self, delta: &Delta<'_>) -> Result<Differences> {
        let stored = self.part(&delta.differences, "the differences")?;
        let width = delta.header.width;
        let bytes = widened(delta.header.stored_width, stored, width)?;
        let Some(gaps) = &delta.gaps else {
            return Ok(Differences { width, bytes, changes: None });
        };
        let gaps = self.part(gaps, "the gaps")?;
        let changes = SparseChanges { gaps, places: places(&delta.segments)? };
        changes.check(delta.byte_len(), width)?;
        Ok(Differences { width, bytes, changes: Some(changes) })
    }

    fn row_map(&self, delta: &Delta<'_>) -> Result<Option<RowMap>> {
        let Some((blob, row)) = delta.rows.as_ref().zip(delta.header.row_bytes) else {
            return Ok(None);
        };
        let codes = self.part(blob, "the map of rows")?;
        RowMap::of_codes(row, &codes, delta.reference_len() / row).map(Some)
    }

    fn part(&self, blob: &Blob<'_>, what: &'static str) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        resize(&mut bytes, blob.byte_len(), "a part of a delta")?;
        self.decode(blob, &mut bytes).map_err(|error| error.within(what))?;
        Ok(bytes)
    }
}

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
        if sound { Ok(()) } else { Err(corrupt("a segment's changes do not end inside it")) }
    }
}

fn check_len(what: &str, expected: u64, actual: usize) -> Result<()> {
    if expected == actual as u64 {
        return Ok(());
    }
    let reason = format!("{what} of {actual} bytes for a delta that needs one of {expected}");
    Err(Error::InvalidArgument(reason))
}
