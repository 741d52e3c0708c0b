//! What a batch of tensors is to the kernels: tables, tiles, and units of work by kernel.
//!
//! Plain data, made without a device.

use crate::Blob;
use std::collections::BTreeMap;
use std::ops::Range;
use wcodec_kernels::format::{LANES, Predictor, Section, TileSpan};
use wcodec_kernels::launch::{DeviceTable, Kernel, TileTask, WorkUnit};

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
    pub tables: Vec<DeviceTable>,
    pub tasks: Vec<TileTask>,
    pub units: Vec<WorkUnit>,
    /// Each kernel with its units.
    pub launches: Vec<(Kernel, Range<u32>)>,
}

/// Tiles of one tensor that one kernel decodes with one table.
struct Group {
    table: u32,
    tasks: Vec<TileTask>,
}

impl Plan {
    /// Plans a batch in units of at most `unit_tiles` tiles.
    pub fn new(tensors: &[PlannedTensor<'_, '_>], unit_tiles: usize) -> Self {
        let mut plan = Self::default();
        let mut by_kernel: BTreeMap<Kernel, Vec<Group>> = BTreeMap::new();
        for (number, tensor) in tensors.iter().enumerate() {
            let first_table = plan.tables.len() as u32;
            plan.tables.extend(tensor.blob.tables().iter().map(DeviceTable::new));
            for ((predicted, table), tasks) in groups(tensor, number as u32) {
                let limits = &tensor.blob.layout().limits;
                let bytes = tensor.blob.layout().split.element_bytes();
                let kernel = Kernel::of(limits.codec, limits.states, bytes, predicted)
                    .expect("every blob that parses has a kernel");
                let group = Group { table: first_table + u32::from(table), tasks };
                by_kernel.entry(kernel).or_default().push(group);
            }
        }
        for (kernel, groups) in by_kernel {
            plan.add_launch(kernel, &groups, unit_tiles);
        }
        plan
    }

    fn add_launch(&mut self, kernel: Kernel, groups: &[Group], unit_tiles: usize) {
        let first_unit = self.units.len() as u32;
        for group in groups {
            for tasks in group.tasks.chunks(unit_tiles) {
                let first = self.tasks.len() as u32;
                self.units.push(WorkUnit { table: group.table, first, count: tasks.len() as u32 });
                self.tasks.extend_from_slice(tasks);
            }
        }
        self.launches.push((kernel, first_unit..self.units.len() as u32));
    }
}

/// A tensor's tiles by whether they are predicted, and by table.
fn groups(tensor: &PlannedTensor<'_, '_>, number: u32) -> BTreeMap<(bool, u8), Vec<TileTask>> {
    let columns = u64::from(tensor.blob.layout().grid.columns());
    // Below the tile count, which has 32 bits.
    let tiles = (tensor.tile_rows.start * columns) as u32..(tensor.tile_rows.end * columns) as u32;
    let mut groups: BTreeMap<_, Vec<TileTask>> = BTreeMap::new();
    for tile in tiles {
        let span = tensor.blob.span(tile);
        let group = groups.entry((span.predictor != Predictor::None, span.table)).or_default();
        group.push(task(tensor, number, tile, &span));
    }
    groups
}

fn task(tensor: &PlannedTensor<'_, '_>, number: u32, tile: u32, span: &TileSpan) -> TileTask {
    let layout = tensor.blob.layout();
    let header = layout.header();
    let rect = layout.grid.tile(tile);
    let lane_elements = layout.split.lane_elements();
    let at = |section: Section, offset: u64| tensor.address + section.offset + offset;
    let plane = |section: Section, lane_bytes: usize| {
        at(section, rect.plane_row * (LANES * lane_bytes) as u64)
    };
    TileTask {
        words: at(layout.words, 4 * span.words_start),
        coded_plane: plane(
            layout.coded_plane,
            layout.limits.codec.coded_plane_bytes(lane_elements),
        ),
        raw_planes: layout.raw_planes.map(|section| plane(section, lane_elements)),
        // Where there are none the part may end with the blob.
        exceptions: if span.exceptions > 0 {
            at(layout.exceptions, 4 * u64::from(span.exceptions_start))
        } else {
            tensor.address
        },
        // Byte 0 may lie before the memory, or even before address 0, where only later tile rows are decoded.
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
        padding: [0; 4],
    }
}
