//! What a batch of tensors is to the kernels: tables, and tiles by kernel.
//!
//! Plain data, made without a device.

use crate::decode::BlobFront;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::ops::Range;
use wcodec_codec::format::{LANES, Predictor, Section, TileSpan};
use wcodec_kernels::launch::{BLOCK_WARPS, DeviceTable, Kernel, NO_TILE, SOUND, TileTask};

/// A tensor to decode, and where it lies on the device.
#[derive(Debug, Clone)]
pub struct PlannedTensor<'a, 'b> {
    /// The front of its blob.
    pub front: &'a BlobFront<'b>,
    /// Device address of the blob, 256-byte aligned.
    pub blob: u64,
    /// Device address of decoded byte 0, 16-byte aligned. It may lie outside of any allocation where only tile rows after it
    /// are decoded.
    pub out: u64,
    /// The tile rows to decode; [`PlannedTensor::all_rows`] are all of them.
    pub tile_rows: Range<u64>,
}

impl<'a, 'b> PlannedTensor<'a, 'b> {
    /// All of a tensor.
    pub fn whole(front: &'a BlobFront<'b>, blob: u64, out: u64) -> Self {
        Self { front, blob, out, tile_rows: Self::all_rows(front) }
    }

    /// All tile rows of a tensor.
    pub fn all_rows(front: &BlobFront<'_>) -> Range<u64> {
        let grid = &front.layout().grid;
        0..grid.rows().div_ceil(grid.tile_rows().into())
    }
}

/// What the launches that decode some tensors read, and what those launches are.
///
/// The kernels work with a *workspace* on the device, which begins as [`GpuPlan::as_bytes`]. All that they change are the
/// statuses in it.
pub struct GpuPlan {
    bytes: Vec<u8>,
    pub(super) parts: PlanParts,
    /// Each kernel with its blocks.
    pub(super) launches: Vec<(Kernel, Range<u32>)>,
    tensors: usize,
}

/// Byte offsets of a plan's arrays in the workspace.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PlanParts {
    pub tables: u64,
    pub tasks: u64,
    pub statuses: u64,
}

/// The arrays of a workspace lie on multiples of this.
const ALIGN: usize = 256;

impl GpuPlan {
    /// Plans to decode some tensors, in one launch for each kernel that they need.
    pub fn new(tensors: &[PlannedTensor<'_, '_>]) -> Self {
        let mut arrays = Arrays::default();
        let planned: Vec<_> = tensors
            .par_iter()
            .enumerate()
            .map(|(number, tensor)| {
                let tables: Vec<_> = tensor.front.tables().iter().map(DeviceTable::new).collect();
                (tables, groups(tensor, number as u32))
            })
            .collect();
        let mut by_kernel: BTreeMap<Kernel, Vec<Group>> = BTreeMap::new();
        for (tensor, (tables, groups)) in tensors.iter().zip(planned) {
            let first_table = arrays.tables.len() as u32;
            arrays.tables.extend(tables);
            for ((predicted, table), tasks) in groups {
                let group = Group { table: first_table + u32::from(table), tasks };
                by_kernel.entry(kernel(tensor.front, predicted)).or_default().push(group);
            }
        }
        let launches = by_kernel
            .into_iter()
            .map(|(kernel, groups)| (kernel, arrays.add_blocks(&groups)))
            .collect();
        let (bytes, parts) = arrays.into_bytes(tensors.len());
        Self { bytes, parts, launches, tensors: tensors.len() }
    }

    /// What the workspace is before the first launch.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Bytes of the workspace.
    pub fn workspace_len(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Where in the workspace the statuses lie: 32 bits for each tensor.
    pub fn statuses(&self) -> Range<u64> {
        self.parts.statuses..self.parts.statuses + 4 * self.tensors as u64
    }

    /// For each tensor the first tile that is not sound, if there is one, from the bytes at [`GpuPlan::statuses`].
    pub fn unsound_tiles(statuses: &[u8]) -> Vec<Option<u32>> {
        let statuses = statuses.as_chunks().0.iter().map(|&status| u32::from_le_bytes(status));
        statuses.map(|tile| (tile != SOUND).then_some(tile)).collect()
    }
}

/// What a plan consists of.
#[derive(Default)]
struct Arrays {
    tables: Vec<DeviceTable>,
    tasks: Vec<TileTask>,
}

impl Arrays {
    /// Adds the blocks of one kernel. The warps that a group leaves in its last block have no tile.
    fn add_blocks(&mut self, groups: &[Group]) -> Range<u32> {
        let first_block = self.blocks();
        for group in groups {
            let own = |task: &TileTask| TileTask { table: group.table, ..*task };
            self.tasks.extend(group.tasks.iter().map(own));
            let none = TileTask { tile: NO_TILE, ..own(&group.tasks[0]) };
            self.tasks.resize(self.tasks.len().next_multiple_of(BLOCK_WARPS as usize), none);
        }
        first_block..self.blocks()
    }

    /// Blocks of all kernels so far.
    fn blocks(&self) -> u32 {
        (self.tasks.len() / BLOCK_WARPS as usize) as u32
    }

    fn into_bytes(self, tensors: usize) -> (Vec<u8>, PlanParts) {
        let mut bytes = Vec::new();
        let mut put = |array: &[u8]| {
            let offset = bytes.len() as u64;
            bytes.extend_from_slice(array);
            bytes.resize(bytes.len().next_multiple_of(ALIGN), 0);
            offset
        };
        let tables = put(bytemuck::cast_slice(&self.tables));
        let tasks = put(bytemuck::cast_slice(&self.tasks));
        let statuses = put(bytemuck::cast_slice(&vec![SOUND; tensors]));
        (bytes, PlanParts { tables, tasks, statuses })
    }
}

/// The kernel for the tiles of a blob that are predicted, or for those that are not.
fn kernel(front: &BlobFront<'_>, predicted: bool) -> Kernel {
    let limits = &front.layout().limits;
    let bytes = front.layout().split.element_bytes();
    Kernel::of(limits.codec, limits.states, bytes, predicted)
        .expect("every blob that parses has a kernel")
}

/// Tiles of one tensor that one kernel decodes with one table, at least one.
struct Group {
    table: u32,
    tasks: Vec<TileTask>,
}

/// A tensor's tiles by whether they are predicted, and by table.
fn groups(tensor: &PlannedTensor<'_, '_>, number: u32) -> BTreeMap<(bool, u8), Vec<TileTask>> {
    let columns = u64::from(tensor.front.layout().grid.columns());
    // Below the tile count, which has 32 bits.
    let tiles = (tensor.tile_rows.start * columns) as u32..(tensor.tile_rows.end * columns) as u32;
    let mut groups: BTreeMap<_, Vec<TileTask>> = BTreeMap::new();
    for tile in tiles {
        let span = tensor.front.span(tile);
        let group = groups.entry((span.predictor != Predictor::None, span.table)).or_default();
        group.push(task(tensor, number, tile, &span));
    }
    groups
}

fn task(tensor: &PlannedTensor<'_, '_>, number: u32, tile: u32, span: &TileSpan) -> TileTask {
    let layout = tensor.front.layout();
    let header = layout.header();
    let rect = layout.grid.tile(tile);
    let lane_elements = layout.split.lane_elements();
    let at = |section: Section, offset: u64| tensor.blob + section.offset + offset;
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
            tensor.blob
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
        // Known when the tables of the tensors before it are.
        table: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Blob, Dtype, Encoder, TensorView};

    /// Blobs of tensors whose tiles fill no whole number of blocks.
    fn blobs() -> Vec<Vec<u8>> {
        let tensor = |scale: usize| {
            let data: Vec<u8> = (0..300 * 5000).map(|at| (at * at % 97 % scale) as u8).collect();
            Encoder::new()
                .encode(&TensorView::new(Dtype::I8, &[300, 5000], &data).unwrap())
                .unwrap()
        };
        [5, 40, 90].map(tensor).to_vec()
    }

    fn plan(blobs: &[Blob<'_>]) -> GpuPlan {
        let whole = |blob| PlannedTensor::whole(Blob::front(blob), 0, 0);
        GpuPlan::new(&blobs.iter().map(whole).collect::<Vec<_>>())
    }

    fn tasks(plan: &GpuPlan) -> Vec<TileTask> {
        let blocks = plan.launches.iter().map(|(_, blocks)| blocks.end).max().unwrap();
        let bytes = plan.as_bytes()[plan.parts.tasks as usize..].chunks(size_of::<TileTask>());
        bytes.take((blocks * BLOCK_WARPS) as usize).map(bytemuck::pod_read_unaligned).collect()
    }

    #[test]
    fn every_tile_has_a_warp_and_every_block_one_table() {
        let blobs = blobs();
        let blobs: Vec<_> = blobs.iter().map(|blob| Blob::parse(blob).unwrap()).collect();
        let plan = plan(&blobs);
        let tasks = tasks(&plan);
        for block in tasks.chunks(BLOCK_WARPS as usize) {
            assert!(block.iter().all(|task| task.table == block[0].table));
            assert_ne!(block[0].tile, NO_TILE);
        }
        assert!(tasks.iter().any(|task| task.tile == NO_TILE));
        let mut tiles: Vec<_> = tasks.iter().map(|task| (task.tensor, task.tile)).collect();
        tiles.retain(|&(_, tile)| tile != NO_TILE);
        tiles.sort_unstable();
        let expected = blobs.iter().zip(0u32..).flat_map(|(blob, tensor)| {
            (0..blob.layout().grid.tile_count()).map(move |tile| (tensor, tile))
        });
        assert!(tiles.into_iter().eq(expected));
    }

    #[test]
    fn a_plan_begins_with_every_tensor_sound() {
        let blobs = blobs();
        let blobs: Vec<_> = blobs.iter().map(|blob| Blob::parse(blob).unwrap()).collect();
        let plan = plan(&blobs);
        let statuses = plan.statuses().start as usize..plan.statuses().end as usize;
        assert_eq!(GpuPlan::unsound_tiles(&plan.as_bytes()[statuses]), [None; 3]);
    }
}
