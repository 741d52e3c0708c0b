//! Counts of the coded bytes of a tensor.

use super::job::{Place, job};
use super::ptx;
use super::source::LaneSource;
use crate::device::ptx::{load_shared, permute_bytes, shared_address};
use crate::encode::launch::{COUNT_SHARED_BYTES, EncodeLaunch, GROUP_TILES};
use cuda_std::warp::lane_id;
use cuda_std::{shared, thread};
use wcodec_codec::encode::coded_words;
use wcodec_codec::format::Split;

/// Bytes of the counters of a byte value: one for each lane, in a bank of its own.
const VALUE_BYTES: u32 = 4 * 32;
/// Rows that a warp asks for at a time.
const ROWS: u32 = 4;
/// Threads of a block.
const THREADS: u32 = 32 * GROUP_TILES;

/// Counts the coded bytes of the block's tiles, one a warp, and adds them to the tensor's counts.
///
/// # Safety
/// The launch's jobs are readable, and so are their tensors; there are counts for each job. The
/// block has [`GROUP_TILES`] warps and [`COUNT_SHARED_BYTES`] of shared memory.
#[inline(always)]
pub unsafe fn count(launch: &EncodeLaunch) {
    let counters = shared_address(shared::dynamic_shared_mem());
    let thread = thread::thread_idx_x();
    let mut at = 4 * thread;
    while at < COUNT_SHARED_BYTES {
        // SAFETY: inside the counters.
        unsafe { ptx::store_shared(counters + at, 0) };
        at += 4 * THREADS;
    }
    thread::sync_threads();
    // SAFETY: the caller's conditions; all threads come here.
    unsafe {
        let place = Place::of_warp(launch);
        let job = job(launch, place.job);
        if place.tile < job.tiles {
            let source = LaneSource::new(job, place.tile);
            let own = counters + 4 * lane_id();
            match job.split {
                number if number == Split::Byte as u32 => {
                    count_tile::<4>(&source, Split::Byte, own)
                }
                number if number == Split::RotatedByte as u32 => {
                    count_tile::<4>(&source, Split::RotatedByte, own);
                }
                number if number <= Split::High16 as u32 => {
                    count_tile::<2>(&source, job.split(2), own);
                }
                _ => count_tile::<1>(&source, job.split(4), own),
            }
        }
        thread::sync_threads();
        add_up(counters, launch.counts + 8 * 256 * u64::from(place.job));
    }
}

/// Counts a tile's coded bytes, `N` words in each row, into the lane's counters.
///
/// # Safety
/// As [`count`]; `counters` are the lane's.
#[inline(always)]
unsafe fn count_tile<const N: usize>(source: &LaneSource, split: Split, counters: u32) {
    let mut row = 0;
    // SAFETY: the caller's condition.
    unsafe {
        // The last row may be shorter.
        while row + ROWS < source.rows {
            // Named one by one: loops over arrays end in local memory.
            let (first, second) = (source.load(row), source.load(row + 1));
            let (third, fourth) = (source.load(row + 2), source.load(row + 3));
            count_row::<N>(coded_words(split, first, permute_bytes), counters);
            count_row::<N>(coded_words(split, second, permute_bytes), counters);
            count_row::<N>(coded_words(split, third, permute_bytes), counters);
            count_row::<N>(coded_words(split, fourth, permute_bytes), counters);
            row += ROWS;
        }
        while row < source.rows {
            let coded = coded_words(split, source.load(row), permute_bytes);
            count_some(coded, source.elements(row, 4 / N as u32), counters);
            row += 1;
        }
    }
}

/// Counts the bytes of the first `N` words.
///
/// # Safety
/// As [`count_tile`].
#[inline(always)]
unsafe fn count_row<const N: usize>(coded: [u32; 4], counters: u32) {
    // SAFETY: the caller's condition.
    unsafe {
        count_word(coded[0], counters);
        if N > 1 {
            count_word(coded[1], counters);
        }
        if N > 2 {
            count_word(coded[2], counters);
            count_word(coded[3], counters);
        }
    }
}

/// Counts the first `count` bytes.
///
/// # Safety
/// As [`count_tile`].
#[inline(always)]
unsafe fn count_some([mut a, mut b, mut c, mut d]: [u32; 4], count: u32, counters: u32) {
    for _ in 0..count {
        // SAFETY: the caller's condition.
        unsafe { ptx::add_shared(counters + (a & 0xFF) * VALUE_BYTES, 1) };
        (a, b, c, d) = (a >> 8 | b << 24, b >> 8 | c << 24, c >> 8 | d << 24, d >> 8);
    }
}

/// Counts four bytes.
///
/// # Safety
/// As [`count_tile`].
#[inline(always)]
unsafe fn count_word(word: u32, counters: u32) {
    const MASK: u32 = 0xFF * VALUE_BYTES;
    // SAFETY: the caller's condition.
    unsafe {
        ptx::add_shared(counters + (word << 7 & MASK), 1);
        ptx::add_shared(counters + (word >> 1 & MASK), 1);
        ptx::add_shared(counters + (word >> 9 & MASK), 1);
        ptx::add_shared(counters + (word >> 17 & MASK), 1);
    }
}

/// Adds the block's counters to the tensor's counts.
///
/// # Safety
/// As [`count`]; `counts` are the tensor's.
#[inline(always)]
unsafe fn add_up(counters: u32, counts: u64) {
    let value = thread::thread_idx_x();
    let mut sum = 0;
    for number in 0..32 {
        // Each lane begins at another bank.
        let counter = (number + value) % 32;
        // SAFETY: inside the counters: there are as many threads as values.
        sum += unsafe { load_shared(counters + value * VALUE_BYTES + 4 * counter) };
    }
    if sum > 0 {
        // SAFETY: the tensor has a count for each value.
        unsafe { ptx::add_global(counts + 8 * u64::from(value), sum.into()) };
    }
}
