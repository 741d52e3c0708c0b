//! The decode program's machine on a GPU: one warp, its registers, its ring of words in shared memory.

mod lanes;
mod ptx;
mod ring;
mod stage;
mod table;
mod warp;

pub use lanes::GpuLanes;
pub use table::TableCopy;
pub use warp::GpuWarp;

use crate::launch::{BLOCK_WARPS, DeviceTable, NO_TILE, TileTask};
use cuda_std::thread;
use wcodec_codec::decode::residuals::ResidualSource;
use wcodec_codec::decode::tile::{TileJob, decode_tile};
use wcodec_codec::format::PlaneCodec;

/// What every decode kernel is given.
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
/// The launch's arrays hold a task for each warp and what it counts into, and every task's addresses have room for its
/// tile, which has this codec. The block has [`BLOCK_WARPS`] whole warps, whose tasks name one table, and the dynamic shared
/// memory that [`crate::launch::WarpMemory`] says.
#[inline(always)]
pub unsafe fn run<R, const N: usize, const PREDICTED: bool>(launch: Launch, codec: PlaneCodec)
where
    R: ResidualSource<GpuWarp, N>,
{
    let number = thread::block_idx_x() * BLOCK_WARPS + thread::thread_idx_x() / 32;
    // SAFETY: the warp has a task.
    let task = unsafe { &*launch.tasks.add(ptx::uniform(number) as usize) };
    // SAFETY: the task has a table.
    let copy = unsafe {
        let table = launch.tables.add(task.table as usize);
        if codec.has_symbols() { TableCopy::begin(table) } else { TableCopy::none() }
    };
    // SAFETY: the task has room for its tile.
    let mut warp = unsafe { GpuWarp::new(task, copy.table(), codec, 4 * N) };
    if codec.has_symbols() {
        // SAFETY: all threads come here.
        unsafe { copy.finish() };
    }
    warp.arrive();
    let has_tile = ptx::uniform(task.tile) != NO_TILE;
    if has_tile && !decode_tile::<GpuWarp, R, N, PREDICTED>(&mut warp, &job::<N>(task)) {
        // SAFETY: there is a status for each tensor.
        unsafe { ptx::lower_to(launch.statuses.add(task.tensor as usize), task.tile) };
    }
    warp.arrive();
}

/// What the program must know of a tile.
#[inline(always)]
fn job<const N: usize>(task: &TileTask) -> TileJob {
    TileJob {
        split: task.split(4 / N),
        predictor: task.predictor(),
        base: task.base,
        exceptions: ptx::uniform(task.exception_count),
        rows: ptx::uniform(task.rows.into()),
        coded_constant: task.coded_constant,
    }
}
