//! The tiles of a tensor as tasks of the kernels.

use super::planned::PlannedTensor;
use crate::Result;
use crate::memory::append;
use std::collections::BTreeMap;
use wcodec_codec::format::{LANES, Predictor, Section, TileSpan};
use wcodec_kernels::launch::TileTask;

/// The purpose of memory, for errors.
pub const PLAN: &str = "the plan of a batch for the GPU";

/// The key of a group of tiles: whether they are predicted, and their table in the tensor's own
/// list.
pub type GroupKey = (bool, u8);

/// A tensor's tiles by the kernel and the table that decode them; each group has at least one.
pub fn tile_groups(tensor: &PlannedTensor<'_, '_>) -> Result<BTreeMap<GroupKey, Vec<u32>>> {
    let columns = u64::from(tensor.front.layout().grid.columns());
    // Below the tile count, which has 32 bits.
    let tiles = (tensor.tile_rows.start * columns) as u32..(tensor.tile_rows.end * columns) as u32;
    let mut groups: BTreeMap<GroupKey, Vec<u32>> = BTreeMap::new();
    for tile in tiles {
        let span = tensor.front.span(tile);
        let group = groups.entry((span.predictor != Predictor::None, span.table)).or_default();
        append(group, &[tile], PLAN)?;
    }
    Ok(groups)
}

/// The task of a tile, in the plan's tensor `number`, with the plan's table `table`.
pub fn task(tensor: &PlannedTensor<'_, '_>, number: u32, tile: u32, table: u32) -> TileTask {
    let span = tensor.front.span(tile);
    let layout = tensor.front.layout();
    let header = layout.header();
    let rect = layout.grid.tile(tile);
    let lane_elements = layout.split.lane_elements();
    let codec = layout.limits.codec;
    // Whatever the address is: it may be one to be moved later, and only a launch needs it right.
    let address = |offset: u64| tensor.blob.wrapping_add(offset);
    let plane = |section: Section, lane_bytes: usize| {
        address(section.offset + rect.plane_row * (LANES * lane_bytes) as u64)
    };
    TileTask {
        words: address(layout.words.offset + 4 * span.words_start),
        stored_plane: plane(layout.stored_plane, codec.stored_plane_bytes(lane_elements)),
        raw_planes: layout.raw_planes.map(|section| plane(section, lane_elements)),
        exceptions: exceptions(tensor, &span),
        // Byte 0 may lie before the memory, or even before address 0, where only later tile rows
        // are decoded.
        out: tensor.out.wrapping_add(rect.byte_offset),
        row_bytes: layout.grid.row_bytes(),
        word_count: span.words,
        exception_count: span.exceptions,
        tensor: number,
        tile,
        rows: rect.rows as u16,
        last_row_bytes: rect.last_row_bytes as u16,
        split: header.split,
        predictor: span.predictor as u8,
        base: span.base,
        coded_constant: header.coded_constant,
        constant_planes: header.constant_planes,
        plane_constants: header.plane_constants,
        table,
    }
}

/// The address of a tile's exceptions. Without exceptions that part may end with the blob, but four
/// bytes must be readable at the address.
fn exceptions(tensor: &PlannedTensor<'_, '_>, span: &TileSpan) -> u64 {
    match span.exceptions {
        0 => tensor.blob,
        _ => {
            let section = tensor.front.layout().exceptions;
            let offset = section.offset + 4 * u64::from(span.exceptions_start);
            tensor.blob.wrapping_add(offset)
        }
    }
}

/// Moves the addresses of a task: those in the blob by `blob`, the address of its decoded bytes by
/// `out`.
pub fn move_task(task: &mut TileTask, blob: u64, out: u64) {
    let TileTask { words, stored_plane, raw_planes: [plane_0, plane_1, plane_2], .. } = task;
    for address in [words, stored_plane, plane_0, plane_1, plane_2, &mut task.exceptions] {
        *address = address.wrapping_add(blob);
    }
    task.out = task.out.wrapping_add(out);
}
