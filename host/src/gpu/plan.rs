//! What a batch of tensors is to the kernels: jobs, tables, tile numbers, and units of work by kernel.
//!
//! Plain data, made without a device.

use crate::Blob;
use std::collections::BTreeMap;
use std::ops::Range;
use wcodec_kernels::format::{Predictor, Section};
use wcodec_kernels::launch::{DeviceTable, TensorJob, WorkUnit, kernel_name};

/// A tensor of a batch, and where it lies on the device.
pub struct PlannedTensor<'a, 'b> {
    pub blob: &'a Blob<'b>,
    /// Device address of the blob, 256-byte aligned.
    pub address: u64,
    /// Device address of decoded byte 0, 16-byte aligned. It may lie outside of any allocation where only the
    /// tile rows after it are decoded.
    pub out: u64,
    /// The tile rows to decode.
    pub tile_rows: Range<u64>,
}

/// Everything that the launches of a batch read, and what they are.
#[derive(Default)]
pub struct Plan {
    pub jobs: Vec<TensorJob>,
    pub tables: Vec<DeviceTable>,
    pub tiles: Vec<u32>,
    pub units: Vec<WorkUnit>,
    /// Each kernel with its units.
    pub launches: Vec<(&'static str, Range<u32>)>,
}

/// Tiles of one tensor that one kernel decodes with one table.
struct Group {
    tensor: u32,
    table: u32,
    tiles: Vec<u32>,
}

impl Plan {
    /// Plans a batch in units of at most `unit_tiles` tiles.
    pub fn new(tensors: &[PlannedTensor<'_, '_>], unit_tiles: usize) -> Self {
        let mut plan = Self::default();
        let mut by_kernel: BTreeMap<&'static str, Vec<Group>> = BTreeMap::new();
        for (number, tensor) in tensors.iter().enumerate() {
            plan.jobs.push(job(tensor));
            let first_table = plan.tables.len() as u32;
            plan.tables.extend(tensor.blob.tables().iter().map(DeviceTable::new));
            for ((predicted, table), tiles) in groups(tensor) {
                let limits = &tensor.blob.layout().limits;
                let bytes = tensor.blob.layout().split.element_bytes();
                let kernel = kernel_name(limits.codec, limits.states, bytes, predicted)
                    .expect("every blob that parses has a kernel");
                let table = first_table + u32::from(table);
                let group = Group { tensor: number as u32, table, tiles };
                by_kernel.entry(kernel).or_default().push(group);
            }
        }
        for (kernel, groups) in by_kernel {
            plan.add_launch(kernel, &groups, unit_tiles);
        }
        plan
    }

    fn add_launch(&mut self, kernel: &'static str, groups: &[Group], unit_tiles: usize) {
        let first_unit = self.units.len() as u32;
        for group in groups {
            for tiles in group.tiles.chunks(unit_tiles) {
                self.units.push(WorkUnit {
                    tensor: group.tensor,
                    table: group.table,
                    first: self.tiles.len() as u32,
                    count: tiles.len() as u32,
                });
                self.tiles.extend_from_slice(tiles);
            }
        }
        self.launches.push((kernel, first_unit..self.units.len() as u32));
    }
}

/// A tensor's tiles by whether they are predicted, and by table.
fn groups(tensor: &PlannedTensor<'_, '_>) -> BTreeMap<(bool, u8), Vec<u32>> {
    let columns = u64::from(tensor.blob.layout().grid.columns());
    // Below the tile count, which has 32 bits.
    let tiles = (tensor.tile_rows.start * columns) as u32..(tensor.tile_rows.end * columns) as u32;
    let mut groups: BTreeMap<_, Vec<u32>> = BTreeMap::new();
    for tile in tiles {
        let span = tensor.blob.span(tile);
        groups.entry((span.predictor != Predictor::None, span.table)).or_default().push(tile);
    }
    groups
}

fn job(tensor: &PlannedTensor<'_, '_>) -> TensorJob {
    let layout = tensor.blob.layout();
    let header = layout.header();
    let at = |section: Section| tensor.address + section.offset;
    TensorJob {
        index: at(layout.index),
        words: at(layout.words),
        coded_plane: at(layout.coded_plane),
        raw_planes: layout.raw_planes.map(at),
        exceptions: at(layout.exceptions),
        out: tensor.out,
        byte_len: layout.grid.byte_len(),
        row_bytes: layout.grid.row_bytes(),
        rows: layout.grid.rows(),
        word_count: layout.limits.word_count,
        exception_count: layout.limits.exception_count,
        columns: layout.grid.columns(),
        tile_count: layout.grid.tile_count(),
        split: header.split,
        codec: header.codec,
        states: header.states,
        tile_rows_log2: header.tile_rows_log2,
        table_count: header.table_count,
        coded_constant: header.coded_constant,
        constant_planes: header.constant_planes,
        plane_constants: header.plane_constants,
        padding: [0; 2],
    }
}
