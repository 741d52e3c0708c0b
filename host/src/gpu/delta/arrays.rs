//! The arrays that the kernels of deltas read.

use super::planned::PlannedDelta;
use crate::blob::Parts;
use crate::cpu::backend_from_env;
use crate::decode::decode_range;
use crate::delta::{Delta, RowMap};
use crate::gpu::decode::{GpuPlan, aligned_offsets};
use crate::memory::{Room, append, new_filled, reserve, resize};
use crate::{Error, Result};
use std::ops::Range;
use wcodec_codec::delta::SEGMENT_BYTES;
use wcodec_kernels::delta::launch::{DeltaStatus, DeltaTask, MOST_STATUSES, NO_ROW, SegmentTask};

/// The purpose of memory, for errors.
const PLAN: &str = "the plan of deltas for the GPU";

/// The arrays, as they are filled.
#[derive(Default)]
pub struct Arrays {
    /// Segments of sparse deltas: those restored in place, and the others.
    pub in_place: Vec<SegmentTask>,
    pub copied: Vec<SegmentTask>,
    /// Segments of dense ones.
    pub dense: Vec<SegmentTask>,
    /// Segments of those that map rows, to be copied.
    pub mapped: Vec<SegmentTask>,
    pub deltas: Vec<DeltaTask>,
    /// The maps of rows of all deltas.
    rows: Vec<u32>,
}

/// The places of the arrays in the workspace.
pub struct ArrayPlaces {
    /// The segments of sparse deltas, those restored in place first.
    pub sparse: u64,
    pub dense: u64,
    pub mapped: u64,
    pub deltas: u64,
    pub statuses: Range<u64>,
    /// Where all end.
    pub end: u64,
}

impl Arrays {
    /// Adds a delta whose parts are decoded to these places: the differences first, then the gaps
    /// if it has any.
    pub fn add(
        &mut self,
        planned: &PlannedDelta<'_, '_>,
        decode: &GpuPlan,
        first_part: u32,
        parts: &[u64],
    ) -> Result<()> {
        let (width, stored_width) = planned.delta.widths();
        let statuses = decode.statuses_of(first_part..first_part + parts.len() as u32);
        let delta = DeltaTask {
            // From the first of all maps on.
            rows: 4 * self.rows.len() as u64,
            row_bytes: planned.delta.rows().map_or(0, |(_, row)| row),
            width: width.into(),
            stored_width: stored_width.into(),
            first_status: statuses.start,
            statuses: statuses.end - statuses.start,
        };
        debug_assert!(delta.statuses <= MOST_STATUSES);
        let number = self.deltas.len() as u32;
        append(&mut self.deltas, &[delta], PLAN)?;
        self.add_rows(planned, number)?;
        let differences = parts[0];
        match parts.get(1) {
            Some(&gaps) => self.add_sparse(planned, number, gaps, differences),
            None => self.add_dense(planned, number, differences),
        }
    }

    fn add_rows(&mut self, planned: &PlannedDelta<'_, '_>, delta: u32) -> Result<()> {
        let Some(map) = row_map(planned.delta)? else { return Ok(()) };
        u32::try_from(map.rows().len()).map_err(|_| too_many())?;
        let mut rows = reserve(map.rows().len() as u64, PLAN)?;
        rows.extend(map.rows().iter().map(|row| row.unwrap_or(NO_ROW)));
        append(&mut self.rows, &rows, PLAN)?;
        let count = planned.delta.byte_len().div_ceil(SEGMENT_BYTES as u64);
        let mut tasks = reserve(count, PLAN)?;
        let (reference, row_bytes) = (planned.reference, map.row_bytes());
        tasks.extend((0..count as u32).map(|number| {
            let offset = u64::from(number) * SEGMENT_BYTES as u64;
            let (row, inside) = ((offset / row_bytes) as u32, offset % row_bytes);
            SegmentTask { reference, row, inside, ..segment(planned, delta, number) }
        }));
        append(&mut self.mapped, &tasks, PLAN)
    }

    /// Adds the segments of a sparse delta. Where the codes and differences of each begin is summed
    /// up here, as their counts are read and checked on the host anyway.
    fn add_sparse(
        &mut self,
        planned: &PlannedDelta<'_, '_>,
        delta: u32,
        mut gaps: u64,
        mut differences: u64,
    ) -> Result<()> {
        let stored = u64::from(planned.delta.widths().1);
        let mut tasks = reserve(planned.delta.segments().len() as u64, PLAN)?;
        for (number, counts) in (0..).zip(planned.delta.segments()) {
            let (codes, changes) = (counts.codes, counts.changes);
            let task = segment(planned, delta, number);
            tasks.push(SegmentTask { gaps, differences, codes, changes, ..task });
            gaps += u64::from(codes);
            differences += stored * u64::from(changes);
        }
        // Of one without segments it makes no difference.
        let is_in_place = tasks.first().is_none_or(|task| task.reference == task.out);
        append(if is_in_place { &mut self.in_place } else { &mut self.copied }, &tasks, PLAN)
    }

    fn add_dense(
        &mut self,
        planned: &PlannedDelta<'_, '_>,
        delta: u32,
        differences: u64,
    ) -> Result<()> {
        let (width, stored) = planned.delta.widths();
        let of_segment = SEGMENT_BYTES as u64 / u64::from(width) * u64::from(stored);
        let count = planned.delta.byte_len().div_ceil(SEGMENT_BYTES as u64);
        let mut tasks = reserve(count, PLAN)?;
        for number in 0..count as u32 {
            let differences = differences + u64::from(number) * of_segment;
            tasks.push(SegmentTask { differences, ..segment(planned, delta, number) });
        }
        append(&mut self.dense, &tasks, PLAN)
    }

    /// Lays the arrays out from `start` in the workspace on; returns their places and bytes.
    pub fn lay_out(mut self, start: u64) -> Result<(ArrayPlaces, Vec<u8>)> {
        let statuses = vec![DeltaStatus::SOUND; self.deltas.len()];
        append(&mut self.in_place, &self.copied, PLAN)?;
        let lengths = [
            size_of_val(&self.in_place[..]),
            size_of_val(&self.dense[..]),
            size_of_val(&self.mapped[..]),
            size_of_val(&self.deltas[..]),
            size_of_val(&statuses[..]),
            size_of_val(&self.rows[..]),
        ];
        let (offsets, len) = aligned_offsets(lengths.iter().map(|&len| len as u64));
        let rows = start + offsets[5];
        self.deltas.iter_mut().for_each(|delta| delta.rows += rows);
        let arrays: [&[u8]; 6] = [
            bytemuck::cast_slice(&self.in_place),
            bytemuck::cast_slice(&self.dense),
            bytemuck::cast_slice(&self.mapped),
            bytemuck::cast_slice(&self.deltas),
            bytemuck::cast_slice(&statuses),
            bytemuck::cast_slice(&self.rows),
        ];
        let mut bytes = Vec::new();
        resize(&mut bytes, len, PLAN)?;
        for (array, &offset) in arrays.iter().zip(&offsets) {
            bytes[offset as usize..][..array.len()].copy_from_slice(array);
        }
        let at = |index: usize| start + offsets[index];
        let places = ArrayPlaces {
            sparse: at(0),
            dense: at(1),
            mapped: at(2),
            deltas: at(3),
            statuses: at(4)..at(4) + lengths[4] as u64,
            end: start + len,
        };
        Ok((places, bytes))
    }
}

/// The segment of this number, without codes and differences.
fn segment(planned: &PlannedDelta<'_, '_>, delta: u32, number: u32) -> SegmentTask {
    let offset = u64::from(number) * SEGMENT_BYTES as u64;
    let out = planned.out.wrapping_add(offset);
    // Rows that are elsewhere are copied before, and the segment is restored in place.
    let is_mapped = planned.delta.has_row_map();
    SegmentTask {
        gaps: 0,
        differences: 0,
        reference: if is_mapped { out } else { planned.reference.wrapping_add(offset) },
        out,
        inside: 0,
        bytes: (planned.delta.byte_len() - offset).min(SEGMENT_BYTES as u64) as u32,
        codes: 0,
        changes: 0,
        number,
        delta,
        row: 0,
    }
}

/// The map of a delta's rows, which the CPU decodes and checks: it has four bytes for each, and each
/// needs the one before it.
fn row_map(delta: &Delta<'_>) -> Result<Option<RowMap>> {
    let Some((blob, _)) = delta.rows() else { return Ok(None) };
    let warp = backend_from_env()?;
    let all = 0..blob.byte_len();
    let codes: Vec<u8> = new_filled(blob.byte_len(), "a map of rows", |room| {
        decode_range(warp, blob.front(), &Parts::of(blob), all, Room::Fresh(room))
    })
    .map_err(|error| error.within("the map of rows"))?;
    delta.row_map_of(&codes)
}

/// The error where one launch cannot have all segments or rows.
pub fn too_many() -> Error {
    let reason = "more segments or rows than a launch can have: plan fewer deltas at once";
    Error::InvalidArgument(reason.into())
}
