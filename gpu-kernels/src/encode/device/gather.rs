//! Gathers the words and exceptions of tiles in their blob, and tells in its index where each tile's
//! begin.

use super::job::{Place, job};
use super::place::write_entry;
use super::ptx;
use crate::device::ptx::load_global;
use crate::encode::launch::{EncodeLaunch, EncodeTable, EncodedPlace};
use cuda_std::warp::lane_id;
use wcodec_codec::format::{IndexEntry, Predictor};

/// Words and exceptions that a lane has in flight.
const WORDS: u32 = 4;

/// Copies the words and exceptions of the block's tiles, one a warp.
///
/// # Safety
/// The launch's jobs, tables, places, and tiles' words and exceptions are there, and there is room for the blobs. The block
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
        let table = &*(launch.tables as *const EncodeTable).add(place.job as usize);
        let blob = &*(launch.places as *const EncodedPlace).add(place.job as usize);
        // Of a tensor that was coded in vain there are some, which nothing has a place for.
        if !table.codec().has_symbols() {
            if lane_id() == 0 {
                let entry = IndexEntry::new(0, 0, Predictor::None, 0, 0);
                write_entry(blob.index + u64::from(place.tile) * IndexEntry::LEN as u64, entry);
            }
            return;
        }
        let words = *(launch.tile_words as *const u32).add(number);
        let start = *(launch.tile_starts as *const u64).add(number);
        let exceptions = *(launch.tile_exceptions as *const u32).add(number);
        let first_exception = *(launch.exception_starts as *const u32).add(number);
        if lane_id() == 0 {
            let base = table.base as u8;
            let entry = IndexEntry::new(start, 0, Predictor::None, base, first_exception);
            write_entry(blob.index + u64::from(place.tile) * IndexEntry::LEN as u64, entry);
        }
        let end = job.slot_end(launch.slots, place.tile);
        copy(end - 4 * u64::from(words), blob.words + 4 * start, words);
        let end = job.exceptions_end(launch.exception_slots, place.tile);
        let to = blob.exceptions + 4 * u64::from(first_exception);
        copy(end - 4 * u64::from(exceptions), to, exceptions);
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
