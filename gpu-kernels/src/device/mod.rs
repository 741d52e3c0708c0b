//! The decode program's machine on a GPU: one warp, its registers, its ring of words in shared memory.

mod lanes;
mod ptx;
mod ring;
mod table;
mod warp;

pub use lanes::GpuLanes;
pub use table::SharedTable;
pub use warp::GpuWarp;

use crate::format::{PlaneCodec, Predictor, TileSpan};
use crate::launch::{DeviceTable, TensorJob, WorkUnit};
use crate::residuals::ResidualSource;
use crate::tile::{TileJob, decode_tile};
use cuda_std::thread;

/// What every decode kernel is given.
#[derive(Clone, Copy)]
pub struct Launch {
    /// The tensors.
    pub jobs: *const TensorJob,
    /// The work.
    pub units: *const WorkUnit,
    /// How many units there are.
    pub unit_count: u32,
    /// The tile numbers that units count places in.
    pub tiles: *const u32,
    /// The tables.
    pub tables: *const DeviceTable,
    /// A status for each tensor, lowered to the number of its first unsound tile.
    pub statuses: *mut u32,
}

/// Decodes all units, block after block.
///
/// # Safety
/// The launch's arrays hold what the units count into, and every job's addresses have room for its
/// layout. The block has whole warps and `shared_bytes` of dynamic shared memory for them.
#[inline(always)]
pub unsafe fn run<R, const N: usize, const PREDICTED: bool>(launch: Launch, codec: PlaneCodec)
where
    R: ResidualSource<GpuWarp, N>,
{
    let warp_in_block = thread::thread_idx_x() / 32;
    let warps = thread::block_dim_x() / 32;
    let mut unit_number = thread::block_idx_x();
    let mut table = SharedTable::none();
    let mut loaded = None;
    while unit_number < launch.unit_count {
        // SAFETY: the caller's arrays hold this unit, its tensor and its table.
        let (unit, job) = unsafe {
            let unit = *launch.units.add(unit_number as usize);
            (unit, &*launch.jobs.add(unit.tensor as usize))
        };
        if codec.has_symbols() && loaded != Some(unit.table) {
            // SAFETY: as above; the block has the table's shared memory, and all its threads come here.
            table = unsafe { SharedTable::load(launch.tables.add(unit.table as usize)) };
            loaded = Some(unit.table);
        }
        let mut place = warp_in_block;
        while place < unit.count {
            // SAFETY: the unit counts inside the array, and the number is a tile of the tensor.
            unsafe {
                let tile = *launch.tiles.add((unit.first + place) as usize);
                if !decode::<R, N, PREDICTED>(job, tile, codec, table) {
                    ptx::lower_to(launch.statuses.add(unit.tensor as usize), tile);
                }
            }
            place += warps;
        }
        unit_number += thread::grid_dim_x();
    }
}

/// Decodes one tile; returns whether it is sound.
///
/// # Safety
/// As [`run`]; `tile` is below the job's tile count.
#[inline(always)]
unsafe fn decode<R, const N: usize, const PREDICTED: bool>(
    job: &TensorJob,
    tile: u32,
    codec: PlaneCodec,
    table: SharedTable,
) -> bool
where
    R: ResidualSource<GpuWarp, N>,
{
    // SAFETY: the index has one entry more than there are tiles.
    let (entry, next) = unsafe { ptx::load_index_entries(job.index, tile) };
    let Some(span) = TileSpan::new(entry, next, &job.limits(codec)) else {
        return false;
    };
    if PREDICTED != (span.predictor as u8 != Predictor::None as u8) {
        return false;
    }
    let rect = job.grid().tile(tile);
    let tile_job = TileJob {
        split: job.split(4 / N),
        span,
        rows: rect.rows,
        prob_bits: table.prob_bits(),
        coded_constant: job.coded_constant,
        plane_constants: [job.plane_constant(0), job.plane_constant(1), job.plane_constant(2)],
    };
    // SAFETY: the span and the rectangle lie inside the job's parts.
    let mut warp = unsafe { GpuWarp::new(job, &rect, &span, table, codec, 4 * N) };
    let sound = decode_tile::<GpuWarp, R, N, PREDICTED>(&mut warp, &tile_job);
    warp.finish();
    sound
}
