//! The decode program's machine on a GPU: one warp, its registers, its ring of words in shared memory.

mod lanes;
mod ptx;
mod ring;
mod stage;
mod table;
mod warp;

pub use lanes::GpuLanes;
pub use table::SharedTable;
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

/// Decodes the block's unit, a tile a warp at a time.
///
/// # Safety
/// The launch's arrays hold a unit for the block and what it counts into, and every task's addresses have room for its
/// tile, which has this codec. The block has whole warps and `shared_bytes` of dynamic shared memory for them.
#[inline(always)]
pub unsafe fn run<R, const N: usize, const PREDICTED: bool>(launch: Launch, codec: PlaneCodec)
where
    R: ResidualSource<GpuWarp, N>,
{
    // SAFETY: the block has a unit, and the unit a table.
    let (unit, table) = unsafe {
        let unit = &*launch.units.add(thread::block_idx_x() as usize);
        let table = launch.tables.add(unit.table as usize);
        (unit, if codec.has_symbols() { SharedTable::load(table) } else { SharedTable::none() })
    };
    let mut tile = ptx::uniform(unit.first + thread::thread_idx_x() / 32);
    let end = ptx::uniform(unit.first + unit.count);
    while tile < end {
        // SAFETY: the unit counts inside the array.
        unsafe {
            let task = &*launch.tasks.add(tile as usize);
            if !decode::<R, N, PREDICTED>(task, codec, table) {
                ptx::lower_to(launch.statuses.add(task.tensor as usize), task.tile);
            }
        }
        tile += thread::block_dim_x() / 32;
    }
}

/// Decodes one tile; returns whether it is sound.
///
/// # Safety
/// As [`run`].
#[inline(always)]
unsafe fn decode<R, const N: usize, const PREDICTED: bool>(
    task: &TileTask,
    codec: PlaneCodec,
    table: SharedTable,
) -> bool
where
    R: ResidualSource<GpuWarp, N>,
{
    let job = TileJob {
        split: task.split(4 / N),
        predictor: task.predictor(),
        base: task.base,
        exceptions: ptx::uniform(task.exception_count),
        rows: ptx::uniform(task.rows.into()),
        prob_bits: table.prob_bits(),
        coded_constant: task.coded_constant,
    };
    // SAFETY: the caller's condition.
    let mut warp = unsafe { GpuWarp::new(task, table, codec, 4 * N) };
    let sound = decode_tile::<GpuWarp, R, N, PREDICTED>(&mut warp, &job);
    warp.finish();
    sound
}
