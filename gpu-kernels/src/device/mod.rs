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

use crate::format::PlaneCodec;
use crate::launch::{DeviceTable, TileTask, WorkUnit};
use crate::residuals::ResidualSource;
use crate::tile::{TileJob, decode_tile};
use cuda_std::thread;

/// What every decode kernel is given.
#[derive(Clone, Copy)]
pub struct Launch {
    /// The work, a unit for each block.
    pub units: *const WorkUnit,
    /// The tiles that units count.
    pub tasks: *const TileTask,
    /// The tables.
    pub tables: *const DeviceTable,
    /// A status for each tensor, lowered to the number of its first unsound tile.
    pub statuses: *mut u32,
}

/// Decodes the block's unit, a tile a warp.
///
/// # Safety
/// The launch's arrays hold a unit for the block and what it counts into, and every task's addresses have room for its
/// tile, which has this codec. The block has [`crate::launch::BLOCK_WARPS`] whole warps, and the dynamic shared memory that
/// [`crate::launch::WarpMemory`] says.
#[inline(always)]
pub unsafe fn run<R, const N: usize, const PREDICTED: bool>(launch: Launch, codec: PlaneCodec)
where
    R: ResidualSource<GpuWarp, N>,
{
    // SAFETY: the block has a unit.
    let unit = unsafe { &*launch.units.add(thread::block_idx_x() as usize) };
    // SAFETY: the unit has a table.
    let copy = unsafe {
        let table = launch.tables.add(unit.table as usize);
        if codec.has_symbols() { TableCopy::begin(table) } else { TableCopy::none() }
    };
    let table = copy.table();
    let number = thread::thread_idx_x() / 32;
    let has_tile = ptx::uniform(u32::from(number < unit.count)) != 0;
    // Warps without a tile take the first one's, to do nothing with it.
    let tile = unit.first + if has_tile { number } else { 0 };
    // SAFETY: the unit counts inside the array, and the task has room for its tile.
    let (task, mut warp) = unsafe {
        let task = &*launch.tasks.add(ptx::uniform(tile) as usize);
        (task, GpuWarp::new(task, table, codec, 4 * N))
    };
    if codec.has_symbols() {
        // SAFETY: all threads come here.
        unsafe { copy.finish() };
    }
    warp.arrive();
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
