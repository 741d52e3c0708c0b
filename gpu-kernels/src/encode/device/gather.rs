//! Gathers the words of tiles in their blob, and tells in its index where each tile's begin.

use super::job::{Place, job};
use super::place::write_entry;
use super::ptx;
use crate::device::ptx::load_global;
use crate::encode::launch::{EncodeLaunch, EncodedPlace};
use cuda_std::warp::lane_id;
use wcodec_codec::format::{IndexEntry, Predictor};

/// Words that a lane has in flight.
const WORDS: u32 = 4;

/// Copies the words of the block's tiles, one a warp.
///
/// # Safety
/// The launch's jobs, places and tiles' words are there, and there is room for the blobs. The block
/// has [`crate::encode::launch::GROUP_TILES`] warps.
#[inline(always)]
pub unsafe fn gather(launch: &EncodeLaunch) {
    // SAFETY: the caller's conditions.
    unsafe {
        let place = Place::of_warp(launch);
        let job = job(launch, place.job);
        if place.tile >= job.tiles {
            return;
        }
        let number = (job.first_tile + place.tile) as usize;
        let words = *(launch.tile_words as *const u32).add(number);
        let start = *(launch.tile_starts as *const u64).add(number);
        let blob = &*(launch.places as *const EncodedPlace).add(place.job as usize);
        if lane_id() == 0 {
            let entry = IndexEntry::new(start, 0, Predictor::None, 0, 0);
            write_entry(blob.index + u64::from(place.tile) * IndexEntry::LEN as u64, entry);
        }
        let end = job.slot_end(launch.slots, place.tile);
        copy(end - 4 * u64::from(words), blob.words + 4 * start, words);
    }
}

/// Copies words.
///
/// # Safety
/// There are as many at `from`, and room at `to`. All lanes of the warp call it.
#[inline(always)]
unsafe fn copy(from: u64, to: u64, words: u32) {
    let mut word = lane_id();
    // SAFETY: the caller's condition.
    unsafe {
        while word + 32 * (WORDS - 1) < words {
            let mut own = [0; WORDS as usize];
            for number in 0..WORDS {
                own[number as usize] = load_global(from + 4 * u64::from(word + 32 * number));
            }
            for number in 0..WORDS {
                ptx::store_global(to + 4 * u64::from(word + 32 * number), own[number as usize]);
            }
            word += 32 * WORDS;
        }
        while word < words {
            ptx::store_global(to + 4 * u64::from(word), load_global(from + 4 * u64::from(word)));
            word += 32;
        }
    }
}
