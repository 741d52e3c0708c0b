//! Counts of the coded bytes and the symbols of a tensor.

use super::count_pairs::count_pairs;
use super::counters::{ROWS, VALUE_BYTES, count_word};
use super::job::{Place, is_left_out, job};
use super::pairs::Pairs;
use super::ptx;
use super::source::LaneSource;
use crate::device::ptx::{load_shared, permute_bytes, shared_address};
use crate::encode::launch::{
    COUNT_SHARED_BYTES, EncodeJob, EncodeLaunch, EncodeTable, GROUP_TILES,
};
use cuda_std::warp::lane_id;
use cuda_std::{shared, thread};
use wcodec_codec::encode::{SAMPLED_ROWS, coded_words};
use wcodec_codec::format::Split;

/// Threads of a block.
const THREADS: u32 = 32 * GROUP_TILES;

/// Counts some of the coded bytes of the block's tiles, one a warp, and adds them to the tensor's
/// samples.
///
/// # Safety
/// The launch's jobs are readable, and so are their tensors; there are samples for each job. The
/// block has [`GROUP_TILES`] warps and [`COUNT_SHARED_BYTES`] of shared memory.
#[inline(always)]
pub unsafe fn sample(launch: &EncodeLaunch) {
    // SAFETY: the caller's conditions; all threads come here.
    unsafe {
        let place = Place::of_warp(launch);
        let counters = begin();
        let job = job(launch, place.job);
        if place.tile < job.tiles {
            let source = LaneSource::new(job, place.tile);
            count_tile(&source, job, SAMPLED_ROWS, counters + 4 * lane_id());
        }
        thread::sync_threads();
        add_up(counters, launch.samples + 8 * 256 * u64::from(place.job));
    }
}

/// Counts the symbols of the block's tiles, one a warp, and adds them to the tensor's counts: of some
/// rows, if those are enough.
///
/// # Safety
/// As [`sample`]; the tensors' codecs are chosen, and there are counts for each job.
#[inline(always)]
pub unsafe fn count(launch: &EncodeLaunch) {
    // SAFETY: the caller's conditions; all threads come here.
    unsafe {
        let place = Place::of_warp(launch);
        if is_left_out(launch, place.job) {
            return;
        }
        let counters = begin();
        let job = job(launch, place.job);
        let table = &*(launch.tables as *const EncodeTable).add(place.job as usize);
        if place.tile < job.tiles {
            let source = LaneSource::new(job, place.tile);
            let own = counters + 4 * lane_id();
            let choice = table.choice();
            if choice.codec.has_pairs() {
                let pairs = Pairs { choice, filler: table.filler };
                count_pairs(&source, job, pairs, table.stride, own);
            } else {
                count_tile(&source, job, 1, own);
            }
        }
        thread::sync_threads();
        add_up(counters, launch.counts + 8 * 256 * u64::from(place.job));
    }
}

/// The address of the block's counters, which are 0.
///
/// # Safety
/// As [`sample`]. All threads of the block call it.
#[inline(always)]
unsafe fn begin() -> u32 {
    let counters = shared_address(shared::dynamic_shared_mem());
    let mut at = 4 * thread::thread_idx_x();
    while at < COUNT_SHARED_BYTES {
        // SAFETY: inside the counters.
        unsafe { ptx::store_shared(counters + at, 0) };
        at += 4 * THREADS;
    }
    thread::sync_threads();
    counters
}

/// Counts the coded bytes of each row of a tile whose number is a multiple of `stride` into the
/// lane's counters.
///
/// # Safety
/// As [`sample`]; `counters` are the lane's.
#[inline(always)]
unsafe fn count_tile(source: &LaneSource, job: &EncodeJob, stride: u32, counters: u32) {
    // SAFETY: the caller's condition.
    unsafe {
        match job.split {
            number if number == Split::Byte as u32 => {
                count_bytes::<4>(source, Split::Byte, stride, counters);
            }
            number if number == Split::RotatedByte as u32 => {
                count_bytes::<4>(source, Split::RotatedByte, stride, counters);
            }
            number if number <= Split::High16 as u32 => {
                count_bytes::<2>(source, job.split(2), stride, counters);
            }
            _ => count_bytes::<1>(source, job.split(4), stride, counters),
        }
    }
}

/// Counts coded bytes, `N` words of them in each row.
///
/// # Safety
/// As [`count_tile`].
#[inline(always)]
unsafe fn count_bytes<const N: usize>(
    source: &LaneSource,
    split: Split,
    stride: u32,
    counters: u32,
) {
    let mut row = 0;
    // SAFETY: the caller's condition.
    unsafe {
        // The last row may be shorter.
        while row + (ROWS - 1) * stride + 1 < source.rows {
            // Named one by one: loops over arrays end in local memory.
            let (first, second) = (source.load_whole(row), source.load_whole(row + stride));
            let (third, fourth) =
                (source.load_whole(row + 2 * stride), source.load_whole(row + 3 * stride));
            count_row::<N>(coded_words(split, first, permute_bytes), counters);
            count_row::<N>(coded_words(split, second, permute_bytes), counters);
            count_row::<N>(coded_words(split, third, permute_bytes), counters);
            count_row::<N>(coded_words(split, fourth, permute_bytes), counters);
            row += ROWS * stride;
        }
        while row < source.rows {
            let coded = coded_words(split, source.load(row), permute_bytes);
            count_some(coded, source.elements(row, 4 / N as u32), counters);
            row += stride;
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

/// Adds the block's counters to the tensor's counts.
///
/// # Safety
/// As [`sample`]; `counts` are the tensor's.
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
