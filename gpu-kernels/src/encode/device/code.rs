//! Codes tiles, and splits off their raw planes.

use super::job::{Place, job};
use super::warp::{GpuEncodeWarp, plane_offset};
use crate::device::ptx::{load_global_4, shared_address, store_shared_4};
use crate::encode::launch::{EncodeLaunch, EncodeTable, GROUP_TILES, LOOK_UP_BYTES};
use cuda_std::warp::lane_id;
use cuda_std::{shared, thread};
use wcodec_codec::encode::{encode_tile, padded};
use wcodec_codec::format::PlaneCodec;

/// Codes the block's tiles, one a warp: `K` coded bytes in a lane's 16 bytes, `N` words of them.
///
/// # Safety
/// The launch's jobs, their tensors and their tables are readable; there is room for their words,
/// raw planes and stored planes. The tensors of the block's group have elements of `4 / N` bytes.
/// The block has [`GROUP_TILES`] warps and [`LOOK_UP_BYTES`] of shared memory.
#[inline(always)]
pub unsafe fn code<const K: usize, const N: usize>(launch: &EncodeLaunch) {
    let look_ups = shared_address(shared::dynamic_shared_mem());
    // SAFETY: the caller's conditions; all threads of the block come to the barrier.
    unsafe {
        let place = Place::of_warp(launch);
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
        let mut warp = GpuEncodeWarp::new(job, place.tile, 4 / N, end, look_ups, table.filler);
        let rows = warp.rows();
        if codec.has_symbols() {
            encode_tile(&mut warp, rows, K);
        } else {
            let stored = job.raw - padded(job.plane_len) + plane_offset(job, place.tile, 4 / N);
            let is_stored = matches!(codec, PlaneCodec::Raw);
            store::<N>(&warp, is_stored.then_some(stored));
        }
        if lane_id() == 0 {
            let number = job.first_tile + place.tile;
            *(launch.tile_words as *mut u32).add(number as usize) = warp.words();
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

/// Splits a tile's rows, and stores the coded bytes where they are to be.
///
/// # Safety
/// As [`code`].
#[inline(always)]
unsafe fn store<const N: usize>(warp: &GpuEncodeWarp, stored: Option<u64>) {
    for row in 0..warp.rows() as u32 {
        let coded = warp.split_row::<N>(row);
        let Some(stored) = stored else { continue };
        let mut words = [0; 4];
        for word in 0..N {
            words[word] = coded[word];
        }
        // SAFETY: the caller's condition.
        unsafe { warp.store_row::<N>(stored, row, words) };
    }
}
