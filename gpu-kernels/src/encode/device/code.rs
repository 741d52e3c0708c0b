//! Codes tiles, and splits off their raw planes.

use super::job::{Place, is_left_out, job};
use super::pairs::four;
use super::warp::{GpuEncodeWarp, SlotEnds};
use crate::device::ptx::{load_global_4, shared_address, store_shared_4, uniform};
use crate::encode::launch::{Course, EncodeLaunch, EncodeTable, GROUP_TILES, LOOK_UP_BYTES};
use cuda_std::warp::lane_id;
use cuda_std::{shared, thread};
use wcodec_codec::encode::encode_tile;
use wcodec_codec::format::PlaneCodec;

/// Codes the block's tiles, one a warp: `K` coded bytes in a lane's 16 bytes, `N` words of them.
///
/// # Safety
/// The launch's jobs, their tensors and their tables are readable; there is room for their words,
/// raw planes and stored planes. The tensors of the block's group have elements of `4 / N` bytes.
/// The block has [`GROUP_TILES`] warps and [`LOOK_UP_BYTES`] of shared memory.
#[inline(always)]
pub unsafe fn code<const K: usize, const N: usize>(launch: &EncodeLaunch) {
    // Said to be the same for all, which spares an addition a look-up.
    let look_ups = uniform(shared_address(shared::dynamic_shared_mem()));
    // SAFETY: the caller's conditions; all threads of the block come to the barrier.
    unsafe {
        let place = Place::of_warp(launch);
        if is_left_out(launch, place.job) {
            return;
        }
        let job = job(launch, place.job);
        let table = &*(launch.tables as *const EncodeTable).add(place.job as usize);
        let codec = table.codec();
        if codec.has_symbols() {
            copy(table, look_ups);
        }
        thread::sync_threads();
        if place.tile >= job.tiles {
            return;
        }
        let end = job.slot_end(launch.slots, place.tile);
        let exceptions_end = job.exceptions_end(launch.exception_slots, place.tile);
        let ends = SlotEnds { words: end, exceptions: exceptions_end };
        let mut warp = GpuEncodeWarp::<N>::new(job, place.tile, ends, look_ups, table);
        let rows = warp.rows();
        if codec.has_pairs() {
            encode_tile(&mut warp, rows, K / 2);
        } else if codec.has_symbols() {
            encode_tile(&mut warp, rows, K);
        } else {
            store(&warp, matches!(codec, PlaneCodec::Raw));
        }
        if lane_id() == 0 {
            let number = (job.first_tile + place.tile) as usize;
            *(launch.tile_words as *mut u32).add(number) = warp.words();
            *(launch.tile_exceptions as *mut u32).add(number) = warp.exceptions();
        }
    }
}

/// Stores the coded bytes of the block's tiles, one a warp, where they are to be.
///
/// # Safety
/// As [`code`], but for the shared memory.
#[inline(always)]
pub unsafe fn store_coded<const N: usize>(launch: &EncodeLaunch) {
    // SAFETY: the caller's conditions.
    unsafe {
        let place = Place::of_warp(launch);
        let job = job(launch, place.job);
        let table = &*(launch.tables as *const EncodeTable).add(place.job as usize);
        if table.course == Course::Stored as u32 && place.tile < job.tiles {
            let ends = SlotEnds { words: 0, exceptions: 0 };
            store(&GpuEncodeWarp::<N>::new(job, place.tile, ends, 0, table), true);
        }
    }
}

/// Copies a table's look-ups to shared memory.
///
/// # Safety
/// The table is readable; there is room at the shared address. All threads of the block call it.
#[inline(always)]
unsafe fn copy(table: &EncodeTable, shared: u32) {
    let from = core::ptr::from_ref(table) as u64;
    let mut at = 16 * thread::thread_idx_x();
    while at < LOOK_UP_BYTES {
        // SAFETY: the caller's condition.
        unsafe { store_shared_4(shared + at, load_global_4(from + u64::from(at))) };
        at += 16 * 32 * GROUP_TILES;
    }
}

/// Splits a tile's rows, and stores the coded bytes if they are to be.
///
/// # Safety
/// As [`code`].
#[inline(always)]
unsafe fn store<const N: usize>(warp: &GpuEncodeWarp<N>, is_stored: bool) {
    for row in 0..warp.rows() as u32 {
        // SAFETY: the caller's condition.
        let words = unsafe { warp.source.load(row) };
        let coded = warp.split_row(row, true, words);
        if is_stored {
            // SAFETY: the caller's condition.
            unsafe { warp.store_row::<N>(warp.stored, row, true, four(coded)) };
        }
    }
}
