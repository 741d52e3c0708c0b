//! What a batch of tensors is to the kernels: tables, and tiles by kernel.
//!
//! Plain data, made without a device.

use crate::decode::BlobFront;
use crate::memory::{append, reserve};
use crate::{Error, Result};
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use wcodec_codec::format::{LANES, Predictor, Section, Table, TileSpan};
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

/// About as many as a server's GPU has (108 to 148). A plan is made without a device; on a smaller
/// one several of the blocks share a multiprocessor, as the warps of one block would.
const MULTIPROCESSORS: usize = 128;

/// The arrays of a workspace lie on multiples of this.
const ALIGN: usize = 256;
/// For errors.
const PLAN: &str = "the plan of a batch for the GPU";

impl GpuPlan {
    /// Plans to decode some tensors, in one launch for each kernel that they need.
    ///
    /// It takes 96 bytes for each tile, rounded up to whole blocks (to one for each tile, in a
    /// launch of so few that they are spread over the GPU), and 16 KiB for each different table
    /// that a tile has.
    ///
    /// # Errors
    /// [`crate::Error::OutOfMemory`].
    pub fn new(tensors: &[PlannedTensor<'_, '_>]) -> Result<Self> {
        let by_tensor: Vec<Vec<Group<'_>>> = tensors
            .par_iter()
            .enumerate()
            .map(|(number, tensor)| groups(tensor, number as u32))
            .collect::<Result<_>>()?;
        let mut tables = Tables::default();
        let mut by_kernel: BTreeMap<Kernel, Vec<Group<'_>>> = BTreeMap::new();
        for mut group in by_tensor.into_iter().flatten() {
            group.table = tables.number_of(group.tensor.front, group.table)?;
            let kernel = kernel(group.tensor.front, group.predicted);
            by_kernel.entry(kernel).or_default().push(group);
        }
        let mut end = 0;
        let launches = by_kernel.iter_mut().map(|(kernel, groups)| {
            let start = end;
            let block_tiles = block_tiles(groups.iter().map(|group| group.tiles.len()).sum());
            for group in groups {
                group.block_tiles = block_tiles;
                end += group.blocks();
            }
            (*kernel, start..end)
        });
        let launches = launches.collect();
        let groups = by_kernel.values().flatten();
        let (bytes, parts) = workspace(&tables, groups, end, tensors.len())?;
        Ok(Self { bytes, parts, launches, tensors: tensors.len() })
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

/// The different tables that tiles have: blobs may hold many that no tile has, or all the same.
#[derive(Default)]
struct Tables<'a> {
    numbers: HashMap<&'a [u16; 256], u32>,
    tables: Vec<&'a Table>,
}

impl<'a> Tables<'a> {
    /// The number in the workspace of a blob's table; 0 where the blob has none.
    fn number_of(&mut self, front: &'a BlobFront<'_>, table: u32) -> Result<u32> {
        let Some(table) = front.tables().get(table as usize) else { return Ok(0) };
        let next = self.tables.len() as u32;
        self.numbers.try_reserve(1).map_err(|_| Error::OutOfMemory { what: PLAN, bytes: 16 })?;
        let number = *self.numbers.entry(table.frequencies()).or_insert(next);
        if number == next {
            append(&mut self.tables, &[table], PLAN)?;
        }
        Ok(number)
    }
}

/// Puts the arrays together, each value made where it is to lie.
fn workspace<'a>(
    tables: &Tables<'_>,
    groups: impl Iterator<Item = &'a Group<'a>>,
    blocks: u32,
    tensors: usize,
) -> Result<(Vec<u8>, PlanParts)> {
    let tables_len = tables.tables.len() * size_of::<DeviceTable>();
    let tasks_len = (blocks * BLOCK_WARPS) as usize * size_of::<TileTask>();
    let tasks_at = tables_len.next_multiple_of(ALIGN);
    let statuses_at = (tasks_at + tasks_len).next_multiple_of(ALIGN);
    let len = (statuses_at + 4 * tensors).next_multiple_of(ALIGN);
    let mut bytes = reserve(len as u64, PLAN)?;
    for table in &tables.tables {
        bytes.extend_from_slice(bytemuck::bytes_of(&DeviceTable::new(table)));
    }
    bytes.resize(tasks_at, 0);
    for task in groups.flat_map(Group::tasks) {
        bytes.extend_from_slice(bytemuck::bytes_of(&task));
    }
    bytes.resize(statuses_at, 0);
    (0..tensors).for_each(|_| bytes.extend_from_slice(&SOUND.to_ne_bytes()));
    bytes.resize(len, 0);
    let [tasks, statuses] = [tasks_at, statuses_at].map(|offset| offset as u64);
    Ok((bytes, PlanParts { tables: 0, tasks, statuses }))
}

/// The kernel for the tiles of a blob that are predicted, or for those that are not.
fn kernel(front: &BlobFront<'_>, predicted: bool) -> Kernel {
    let limits = &front.layout().limits;
    let bytes = front.layout().split.element_bytes();
    Kernel::of(limits.codec, limits.states, bytes, predicted)
        .expect("every blob that parses has a kernel")
}

/// Tiles of one tensor that one kernel decodes with one table, at least one.
struct Group<'t> {
    tensor: &'t PlannedTensor<'t, 't>,
    number: u32,
    predicted: bool,
    /// The table's number in the blob, and when all tables are known in the workspace.
    table: u32,
    tiles: Vec<u32>,
    /// How many of them a block decodes, when all groups of the launch are known.
    block_tiles: usize,
}

impl Group<'_> {
    fn blocks(&self) -> u32 {
        self.tiles.len().div_ceil(self.block_tiles) as u32
    }

    /// A task for each warp of its blocks.
    fn tasks(&self) -> impl Iterator<Item = TileTask> {
        let own = |&tile: &u32| {
            let span = self.tensor.front.span(tile);
            TileTask { table: self.table, ..task(self.tensor, self.number, tile, &span) }
        };
        let idle = idle(own(&self.tiles[0]));
        self.tiles.chunks(self.block_tiles).flat_map(move |tiles| {
            let left = BLOCK_WARPS as usize - tiles.len();
            tiles.iter().map(own).chain(std::iter::repeat_n(idle, left))
        })
    }
}

/// Tiles that each block decodes in a launch of `tiles` tiles. Where those would not fill a block
/// on each of [`MULTIPROCESSORS`], they are spread over as many: warps that share a multiprocessor
/// take up to a tenth longer for a row.
fn block_tiles(tiles: usize) -> usize {
    tiles.div_ceil(MULTIPROCESSORS).clamp(1, BLOCK_WARPS as usize)
}

/// The task of a warp without a tile, in a block that has `task`: it names the block's table, and
/// no words and rows for the warp to fetch.
fn idle(task: TileTask) -> TileTask {
    TileTask { tile: NO_TILE, word_count: 0, rows: 1, last_row_bytes: 0, ..task }
}

/// A tensor's tiles by whether they are predicted, and by table.
fn groups<'t>(tensor: &'t PlannedTensor<'t, 't>, number: u32) -> Result<Vec<Group<'t>>> {
    let columns = u64::from(tensor.front.layout().grid.columns());
    // Below the tile count, which has 32 bits.
    let tiles = (tensor.tile_rows.start * columns) as u32..(tensor.tile_rows.end * columns) as u32;
    let mut groups: BTreeMap<_, Vec<u32>> = BTreeMap::new();
    for tile in tiles {
        let span = tensor.front.span(tile);
        let group = groups.entry((span.predictor != Predictor::None, span.table)).or_default();
        append(group, &[tile], PLAN)?;
    }
    let group = |((predicted, table), tiles): ((bool, u8), Vec<u32>)| Group {
        tensor,
        number,
        predicted,
        table: table.into(),
        tiles,
        block_tiles: BLOCK_WARPS as usize,
    };
    Ok(groups.into_iter().map(group).collect())
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
        // The group knows it.
        table: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Blob, Dtype, Encoder, TensorView};
    use wcodec_codec::format::PlaneCodec;

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
        GpuPlan::new(&blobs.iter().map(whole).collect::<Vec<_>>()).unwrap()
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

    /// Tiles of each block that decodes a tensor of so many tiles.
    fn block_sizes(tiles: usize) -> Vec<usize> {
        let data: Vec<u8> = (0..tiles * 8 * 512).map(|at| (at * at % 97) as u8).collect();
        let shape = [data.len() as u64];
        let tensor = TensorView::new(Dtype::I8, &shape, &data).unwrap();
        let encoder = Encoder::new().codec(PlaneCodec::Tans8).predictor(Predictor::None);
        let blob = encoder.tile_rows_log2(3).encode(&tensor).unwrap();
        let blobs = [Blob::parse(&blob).unwrap()];
        let tasks = tasks(&plan(&blobs));
        let size = |block: &[TileTask]| block.iter().filter(|task| task.tile != NO_TILE).count();
        tasks.chunks(BLOCK_WARPS as usize).map(size).collect()
    }

    #[test]
    fn a_launch_of_few_tiles_is_spread_over_the_gpu() {
        assert_eq!(block_sizes(100), [1; 100]);
        assert_eq!(block_sizes(256), [2; 128]);
        assert_eq!(block_sizes(300), [3; 100]);
        assert_eq!(block_sizes(1024), [8; 128]);
        assert_eq!(block_sizes(1040), [8; 130]);
    }

    #[test]
    fn a_warp_without_a_tile_fetches_nothing() {
        let blobs = blobs();
        let blobs: Vec<_> = blobs.iter().map(|blob| Blob::parse(blob).unwrap()).collect();
        let tasks = tasks(&plan(&blobs));
        let fetched = |task: &TileTask| (task.word_count, task.rows, task.last_row_bytes);
        let mut idle = tasks.iter().filter(|task| task.tile == NO_TILE);
        assert!(idle.clone().count() > 0 && idle.all(|task| fetched(task) == (0, 1, 0)));
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
