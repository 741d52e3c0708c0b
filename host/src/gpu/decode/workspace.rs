//! The arrays that the kernels read, and the launches that read them.

use super::jobs::{Job, JobOf, PLAN, coded_planes, jobs, too_many_tiles};
use super::planned::{ALIGN, PlannedTensor};
use super::tasks::{task, tile_groups};
use super::transposes::transposes;
use crate::blob::BlobFront;
use crate::memory::{append, resize};
use crate::{Error, Result};
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use wcodec_codec::format::Table;
use wcodec_codec::plane::EntropyCoder;
use wcodec_kernels::launch::{
    BLOCK_WARPS, DeviceTable, INTACT, Kernel, NO_TILE, TileTask, TransposeTask,
};

/// About the number of multiprocessors of a server's GPU (108 to 148). A plan is made without a
/// device; on a smaller one several of the blocks share a multiprocessor, as the warps of one block
/// would.
const MULTIPROCESSORS: usize = 128;
/// Bytes of the tasks of a block.
const BLOCK_BYTES: u64 = BLOCK_WARPS as u64 * size_of::<TileTask>() as u64;

/// Byte offsets of the arrays in a workspace, and the launches.
pub struct Workspace {
    pub tables: Range<u64>,
    pub tasks: Range<u64>,
    pub statuses: Range<u64>,
    /// The tasks that restore rows.
    pub transposes: Range<u64>,
    /// The tensor of each status.
    pub jobs: Vec<JobOf>,
    /// Each kernel with its blocks.
    launches: Vec<(Kernel, Range<u32>)>,
}

/// Tiles of a job that one kernel decodes with one table, at least one.
struct Group {
    job: usize,
    /// The number of the table in the workspace.
    table: u32,
    tiles: Vec<u32>,
    /// The number of them that a block decodes, set when all groups of the launch are known.
    block_tiles: usize,
}

impl Group {
    fn blocks(&self) -> u64 {
        self.tiles.len().div_ceil(self.block_tiles) as u64
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

impl Workspace {
    /// The workspace for some tensors, and its bytes.
    pub fn of(tensors: &[PlannedTensor<'_, '_>]) -> Result<(Self, Vec<u8>)> {
        let planes = coded_planes(tensors)?;
        let jobs = jobs(tensors, &planes)?;
        let (Tables { tables, .. }, mut by_kernel) = sort(&jobs)?;
        let mut launches = Vec::new();
        let mut blocks = 0;
        for (&(_, kernel), groups) in &mut by_kernel {
            let first = blocks;
            let block_tiles = block_tiles(groups.iter().map(|group| group.tiles.len()).sum());
            groups.iter_mut().for_each(|group| group.block_tiles = block_tiles);
            let more: u64 = groups.iter().map(Group::blocks).sum();
            blocks = u32::try_from(u64::from(blocks) + more).map_err(|_| too_many_tiles())?;
            launches.push((kernel, first..blocks));
        }
        let transposes = transposes(tensors)?;
        let mut end = 0;
        let mut array = |count: u64, bytes: u64| {
            let start = end;
            end = (start + count * bytes).next_multiple_of(ALIGN);
            start..start + count * bytes
        };
        let this = Self {
            tables: array(tables.len() as u64, size_of::<DeviceTable>() as u64),
            tasks: array(blocks.into(), BLOCK_BYTES),
            statuses: array(jobs.len() as u64, size_of_val(&INTACT) as u64),
            transposes: array(transposes.len() as u64, size_of::<TransposeTask>() as u64),
            jobs: jobs.iter().map(|job| job.of).collect(),
            launches,
        };
        let mut bytes = Vec::new();
        resize(&mut bytes, end, PLAN)?;
        this.write_tables(&tables, &mut bytes);
        this.write_tasks(&jobs, by_kernel.into_values().flatten(), &mut bytes);
        part(&mut bytes, &this.statuses).fill(INTACT.to_le_bytes()[0]);
        part(&mut bytes, &this.transposes).copy_from_slice(bytemuck::cast_slice(&transposes));
        Ok((this, bytes))
    }

    fn write_tables(&self, tables: &[(&Table, EntropyCoder)], bytes: &mut [u8]) {
        let places = part(bytes, &self.tables).par_chunks_exact_mut(size_of::<DeviceTable>());
        places.zip(tables).for_each(|(place, &(table, coder))| {
            place.copy_from_slice(bytemuck::bytes_of(&DeviceTable::new(table, coder)));
        });
    }

    fn write_tasks(&self, jobs: &[Job<'_>], groups: impl Iterator<Item = Group>, bytes: &mut [u8]) {
        let mut rest = part(bytes, &self.tasks);
        let mut places = Vec::new();
        for group in groups {
            let (own, after) = rest.split_at_mut((group.blocks() * BLOCK_BYTES) as usize);
            places.push((group, own));
            rest = after;
        }
        places.into_par_iter().for_each(|(group, place)| {
            let Group { job, table, tiles, block_tiles } = group;
            let of_tile = |&tile: &u32| task(&jobs[job], job as u32, tile, table);
            let idle = idle(of_tile(&tiles[0]));
            let blocks = place.chunks_exact_mut(BLOCK_BYTES as usize);
            for (block, tiles) in blocks.zip(tiles.chunks(block_tiles)) {
                let tasks = tiles.iter().map(of_tile).chain(std::iter::repeat(idle));
                for (place, task) in block.chunks_exact_mut(size_of::<TileTask>()).zip(tasks) {
                    place.copy_from_slice(bytemuck::bytes_of(&task));
                }
            }
        });
    }

    /// The number of blocks that restore rows, if there are any, and the address of their tasks.
    pub fn transposes(&self, address: u64) -> Option<(u32, u64)> {
        let Range { start, end } = self.transposes;
        // Counted when they were planned.
        let blocks = ((end - start) / size_of::<TransposeTask>() as u64) as u32;
        (blocks > 0).then_some((blocks, address + start))
    }

    /// Each kernel with its number of blocks and the addresses that it takes, for a workspace at
    /// this address.
    pub fn launches(&self, address: u64) -> impl Iterator<Item = (&Kernel, u32, [u64; 3])> {
        self.launches.iter().map(move |(kernel, blocks)| {
            let first_task = self.tasks.start + u64::from(blocks.start) * BLOCK_BYTES;
            let offsets = [first_task, self.tables.start, self.statuses.start];
            (kernel, blocks.end - blocks.start, offsets.map(|offset| address + offset))
        })
    }
}

/// The different tables that tiles have, each with its coder: blobs may hold many that no tile has, or
/// all the same.
#[derive(Default)]
struct Tables<'a> {
    numbers: HashMap<(&'a [u16; 256], EntropyCoder), u32>,
    tables: Vec<(&'a Table, EntropyCoder)>,
}

impl<'a> Tables<'a> {
    /// The number in the workspace of a blob's table; 0 where the blob has none, and its kernel
    /// looks at none.
    fn number_of(&mut self, front: &'a BlobFront<'_>, table: u8) -> Result<u32> {
        let Some(table) = front.tables().get(usize::from(table)) else { return Ok(0) };
        let next = self.tables.len() as u32;
        self.numbers.try_reserve(1).map_err(|_| Error::OutOfMemory { what: PLAN, bytes: 16 })?;
        let coder = front.layout().limits.codec.coder();
        let number = *self.numbers.entry((table.frequencies(), coder)).or_insert(next);
        if number == next {
            append(&mut self.tables, &[(table, coder)], PLAN)?;
        }
        Ok(number)
    }
}

/// The order of launches: the kernels of raw planes that are coded come first, as those of their
/// tensors (`true`) read what they decode.
type Step = (bool, Kernel);

/// The tables that tiles have, and the tiles by launch.
type Sorted<'a> = (Tables<'a>, BTreeMap<Step, Vec<Group>>);

fn sort<'a>(jobs: &'a [Job<'_>]) -> Result<Sorted<'a>> {
    let groups: Vec<_> = jobs.par_iter().map(tile_groups).collect::<Result<_>>()?;
    let (mut tables, mut by_kernel) = (Tables::default(), BTreeMap::<_, Vec<_>>::new());
    for (number, (job, groups)) in jobs.iter().zip(groups).enumerate() {
        for ((predicted, table), tiles) in groups {
            let table = tables.number_of(job.front, table)?;
            let block_tiles = BLOCK_WARPS as usize;
            let group = Group { job: number, table, tiles, block_tiles };
            let step = (job.of.plane.is_none(), kernel(job.front, predicted));
            by_kernel.entry(step).or_default().push(group);
        }
    }
    Ok((tables, by_kernel))
}

/// The kernel for the tiles of a blob that are predicted, or for those that are not.
fn kernel(front: &BlobFront<'_>, predicted: bool) -> Kernel {
    let limits = &front.layout().limits;
    let bytes = front.layout().split.element_bytes();
    Kernel::of(limits.codec, bytes, predicted).expect("every blob that parses has a kernel")
}

/// The bytes of an array.
pub fn part<'a>(bytes: &'a mut [u8], range: &Range<u64>) -> &'a mut [u8] {
    // The bytes are in memory, so that no cast cuts anything off.
    &mut bytes[range.start as usize..range.end as usize]
}
