//! The tiles of a tensor as tasks of the kernels.

use super::jobs::{Job, PLAN};
use super::planned::Place;
use crate::Result;
use crate::memory::append;
use std::collections::BTreeMap;
use wcodec_codec::format::{LANES, Predictor, Section, TileSpan};
use wcodec_kernels::launch::TileTask;

/// The key of a group of tiles: whether they are predicted, and their table in the blob's own
/// list.
pub type GroupKey = (bool, u8);

/// A job's tiles by the kernel and the table that decode them; each group has at least one.
pub fn tile_groups(job: &Job<'_>) -> Result<BTreeMap<GroupKey, Vec<u32>>> {
    let columns = u64::from(job.front.layout().grid.columns());
    // Below the tile count, which has 32 bits.
    let tiles = (job.tile_rows.start * columns) as u32..(job.tile_rows.end * columns) as u32;
    let mut groups: BTreeMap<GroupKey, Vec<u32>> = BTreeMap::new();
    for tile in tiles {
        let span = job.front.span(tile);
        let group = groups.entry((span.predictor != Predictor::None, span.table)).or_default();
        append(group, &[tile], PLAN)?;
    }
    Ok(groups)
}

/// The task of a tile of job `number`, with the plan's table `table`.
pub fn task(job: &Job<'_>, number: u32, tile: u32, table: u32) -> TileTask {
    let span = job.front.span(tile);
    let layout = job.front.layout();
    let header = layout.header();
    let rect = layout.grid.tile(tile);
    let lane_elements = layout.split.lane_elements();
    let codec = layout.limits.codec;
    // Whatever the address is: it may be one to be moved later, and only a launch needs it right.
    let address = |offset: u64| job.blob.wrapping_add(offset);
    let plane = |section: Section, lane_bytes: usize| {
        address(section.offset + rect.plane_row * (LANES * lane_bytes) as u64)
    };
    let mut raw_planes = layout.raw_planes.map(|section| plane(section, lane_elements));
    let mut planes = header.constant_planes;
    if job.out_is_scratch {
        planes |= TileTask::OUT_IS_SCRATCH;
    }
    for (number, start) in job.planes.into_iter().enumerate() {
        if let Some(start) = start {
            let rows = rect.plane_row * (LANES * lane_elements) as u64;
            raw_planes[number] = start.wrapping_add(rows);
            planes |= TileTask::FIRST_CODED_PLANE << number;
        }
    }
    TileTask {
        words: address(layout.words.offset + 4 * span.words_start),
        stored_plane: plane(layout.stored_plane, codec.stored_plane_bytes(lane_elements)),
        raw_planes,
        exceptions: exceptions(job, &span),
        // Byte 0 may lie before the memory, or even before address 0, where only later tile rows
        // are decoded.
        out: job.out.wrapping_add(rect.byte_offset),
        row_bytes: layout.grid.row_bytes(),
        word_count: span.words,
        exception_count: span.exceptions,
        job: number,
        tile,
        rows: rect.rows as u16,
        last_row_bytes: rect.last_row_bytes as u16,
        split: header.split,
        predictor: span.predictor as u8,
        base: span.base,
        coded_constant: header.coded_constant,
        planes,
        plane_constants: header.plane_constants,
        table,
    }
}

/// The address of a tile's exceptions. Without exceptions that part may end with the blob, but four
/// bytes must be readable at the address.
fn exceptions(job: &Job<'_>, span: &TileSpan) -> u64 {
    match span.exceptions {
        0 => job.blob,
        _ => {
            let section = job.front.layout().exceptions;
            let offset = section.offset + 4 * u64::from(span.exceptions_start);
            job.blob.wrapping_add(offset)
        }
    }
}

/// Moves the addresses of a task by those of `by`: those in the blob, of decoded bytes, and of
/// scratch memory.
pub fn move_task(task: &mut TileTask, by: Place) {
    for address in [&mut task.words, &mut task.stored_plane, &mut task.exceptions] {
        *address = address.wrapping_add(by.blob);
    }
    for (number, address) in task.raw_planes.iter_mut().enumerate() {
        let is_coded = task.planes & TileTask::FIRST_CODED_PLANE << number != 0;
        *address = address.wrapping_add(if is_coded { by.scratch } else { by.blob });
    }
    let is_scratch = task.planes & TileTask::OUT_IS_SCRATCH != 0;
    task.out = task.out.wrapping_add(if is_scratch { by.scratch } else { by.out });
}
