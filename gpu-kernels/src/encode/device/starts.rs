//! Where the words and exceptions of tiles begin.

use crate::device::block::{sum, sums_before};
use crate::device::ptx::shared_address;
use crate::encode::launch::{EncodeJob, EncodeLaunch, PLACE_THREADS};
use cuda_std::{shared, thread};

/// Tiles of a thread, one after the other, whose words and exceptions it adds up.
const THREAD_TILES: u32 = 8;

/// What was counted of all tiles.
pub struct Counted {
    pub words: u64,
    pub exceptions: u64,
    /// Tiles that have no room for their exceptions.
    pub crowded_tiles: u64,
}

/// Writes where each tile's words and exceptions begin, and returns the numbers of all.
///
/// # Safety
/// As [`super::place::place`].
#[inline(always)]
pub unsafe fn write_starts(launch: &EncodeLaunch, job: &EncodeJob) -> Counted {
    let sums = shared_address(shared::dynamic_shared_mem());
    let (mut first, mut words, mut exceptions, mut crowded_tiles) = (0, 0, 0, 0);
    while first < job.tiles {
        let own = first + THREAD_TILES * thread::thread_idx_x();
        // SAFETY: there are numbers for each tile; all threads come here.
        unsafe {
            let (mut count, mut crowded) = (0, 0);
            for tile in own..own + THREAD_TILES {
                let of_tile = counts_of_tile(launch, job, tile);
                count += of_tile;
                crowded += u64::from(of_tile / HIGH > job.tile_exceptions.into());
            }
            let (before, all) = sums_before(count, sums);
            crowded_tiles += sum(crowded, sums);
            let (mut word, mut exception) = (words + before % HIGH, exceptions + before / HIGH);
            for tile in own..job.tiles.min(own + THREAD_TILES) {
                let at = (job.first_tile + tile) as usize;
                *(launch.tile_starts as *mut u64).add(at) = word;
                *(launch.exception_starts as *mut u32).add(at) = exception as u32;
                let count = counts_of_tile(launch, job, tile);
                word += count % HIGH;
                exception += count / HIGH;
            }
            words += all % HIGH;
            exceptions += all / HIGH;
        }
        first += PLACE_THREADS * THREAD_TILES;
    }
    Counted { words, exceptions, crowded_tiles }
}

/// What an exception counts, so that those of all tiles of a block's threads have a sum beside that of
/// their words: tiles have fewer than 2^18 of either.
const HIGH: u64 = 1 << 32;

/// The words of a tile, and its exceptions times [`HIGH`]; none of one after the last.
///
/// # Safety
/// As [`super::place::place`].
#[inline(always)]
unsafe fn counts_of_tile(launch: &EncodeLaunch, job: &EncodeJob, tile: u32) -> u64 {
    // Without a branch, as `block` says.
    let at = (job.first_tile + tile.min(job.tiles - 1)) as usize;
    // SAFETY: there are numbers for each tile.
    let (words, exceptions) = unsafe {
        (
            *(launch.tile_words as *const u32).add(at),
            *(launch.tile_exceptions as *const u32).add(at),
        )
    };
    (u64::from(words) + u64::from(exceptions) * HIGH) * u64::from(tile < job.tiles)
}
