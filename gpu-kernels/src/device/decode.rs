//! Decodes the tiles of a block.

use super::ptx;
use super::table::TableCopy;
use super::warp::GpuWarp;
use crate::launch::{BLOCK_WARPS, DeviceTable, NO_TILE, TileTask};
use cuda_std::thread;
use wcodec_codec::decode::{TileParams, decode_tile};
use wcodec_codec::plane::{EntropyCoder, Plane, PlaneParams};

/// The arguments of every decode kernel.
#[derive(Clone, Copy)]
pub struct Launch {
    /// The tiles, one for each warp.
    pub tasks: *const TileTask,
    /// The tables.
    pub tables: *const DeviceTable,
    /// A status for each tensor, lowered to the number of its first unsound tile.
    pub statuses: *mut u32,
}

/// Decodes the block's tiles, one a warp.
///
/// # Safety
/// The launch's arrays hold a task for each warp and what it counts into, and every task's
/// addresses have room for its tile, which has the codec `P`. The block has [`BLOCK_WARPS`] whole
/// warps, whose tasks name one table, and the dynamic shared memory that
/// [`crate::launch::WarpMemory`] says.
#[inline(always)]
pub unsafe fn run<P: Plane, const N: usize, const PREDICTED: bool>(launch: Launch) {
    let has_symbols = P::SHAPE.symbol_residuals > 0;
    let number = thread::block_idx_x() * BLOCK_WARPS + thread::thread_idx_x() / 32;
    // SAFETY: the warp has a task.
    let task = unsafe { &*launch.tasks.add(ptx::uniform(number) as usize) };
    // SAFETY: the task has a table.
    let copy = unsafe {
        let table = launch.tables.add(task.table as usize);
        if has_symbols { TableCopy::begin(table) } else { TableCopy::none() }
    };
    // SAFETY: the task has room for its tile.
    let mut warp = unsafe { GpuWarp::new(task, copy.table(), P::CODEC, 4 * N) };
    if has_symbols {
        // SAFETY: all threads come here.
        unsafe { copy.finish(matches!(P::CODER, EntropyCoder::Tans)) };
    }
    warp.arrive();
    let has_tile = ptx::uniform(task.tile) != NO_TILE;
    if has_tile && !decode_tile::<GpuWarp, P, N, PREDICTED>(&mut warp, &params::<N>(task)) {
        // SAFETY: there is a status for each tensor.
        unsafe { ptx::lower_to(launch.statuses.add(task.job as usize), task.tile) };
    }
    warp.arrive();
}

/// The numbers of a tile that the program needs.
#[inline(always)]
fn params<const N: usize>(task: &TileTask) -> TileParams {
    TileParams {
        split: task.split(4 / N),
        predictor: task.predictor(),
        plane: PlaneParams { base: task.base, constant: task.coded_constant },
        exceptions: ptx::uniform(task.exception_count),
        rows: ptx::uniform(task.rows.into()),
    }
}
