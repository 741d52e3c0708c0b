//! From counts of some of a tensor's coded bytes to its codec.

use super::job::job;
use super::ptx;
use super::table::lane_elements;
use crate::device::block::sum;
use crate::device::ptx::{load_shared, load_shared_wide, shared_address, store_shared_wide};
use crate::encode::launch::table_memory::{RESTS, STARTS, SUMS};
use crate::encode::launch::{Course, EncodeLaunch, EncodeTable};
use cuda_std::{shared, thread};
use wcodec_codec::encode::{
    CodecChoice, SAMPLED_ROWS, Scale, are_sampled_pairs_enough, bits_of, choose, is_sampled_pair,
    order, pairs_bits, rank_count, value_bits,
};
use wcodec_codec::format::PlaneCodec;

/// Chooses the codec of the block's tensor. Each thread has a value, and a base.
///
/// # Safety
/// The launch's jobs and samples are readable, and there is room for a table of each; there is a
/// block for each job, of [`crate::encode::launch::TABLE_THREADS`] threads and with
/// [`crate::encode::launch::TABLE_SHARED_BYTES`] of shared memory.
#[inline(always)]
pub unsafe fn choose_codec(launch: &EncodeLaunch) {
    let memory = shared_address(shared::dynamic_shared_mem());
    let (number, value) = (thread::block_idx_x(), thread::thread_idx_x());
    // SAFETY: the caller's conditions; all threads come here.
    unsafe {
        let job = job(launch, number);
        let count = *(launch.samples as *const u64).add((number * 256 + value) as usize);
        let scale = Scale::of(sum(count, memory + SUMS));
        let count = scale.scaled(count);
        ptx::store_shared(memory + STARTS + 4 * value, count);
        // Threads meet in it.
        let total = sum(count.into(), memory + SUMS) as u32;
        let single_bits = sum(value_bits(count, total), memory + SUMS);
        let own = first_of_base(memory + STARTS, total, value as u8, lane_elements(job) == 16);
        let first = least(own, memory + RESTS);
        let choice = choose(single_bits, first);
        let ranks = |rank: u32| rank_count(choice, rank, count_at(memory + STARTS));
        let is_sampled = is_sampled_pair(ranks(value / 16), ranks(value % 16), total, scale);
        let unsampled = sum(u64::from(!is_sampled), memory + SUMS) as u32;
        let raw_bits = 8 * (16 / lane_elements(job) as u32 - 1);
        let is_enough = are_sampled_pairs_enough(unsampled, bits_of(first), raw_bits, total);
        if value == 0 {
            let table = (launch.tables as *mut EncodeTable).add(number as usize);
            (*table).codec = choice.codec as u32;
            (*table).base = choice.base.into();
            (*table).filler = choice.filler().into();
            (*table).course = Course::Keeps as u32;
            (*table).stride = if is_enough && choice.codec.has_pairs() { SAMPLED_ROWS } else { 1 };
        }
    }
}

/// The counts of values, which are in shared memory.
#[inline(always)]
fn count_at(counts: u32) -> impl Fn(u8) -> u32 {
    // SAFETY: there is one for each value.
    move |value| unsafe { load_shared(counts + 4 * u32::from(value)) }
}

/// The first, in their order, of the codecs of pairs with a base, by the counts at an address.
#[inline(always)]
fn first_of_base(counts: u32, total: u32, base: u8, all: bool) -> u64 {
    let of = |codec: PlaneCodec, base: u8| {
        let choice = CodecChoice { codec, base };
        pairs_bits(choice, total, count_at(counts)).map_or(u64::MAX, |bits| order(bits, choice))
    };
    let first = of(PlaneCodec::TansPair, base);
    if all {
        // By all threads alike, without a branch, as `block` says.
        first.min(of(PlaneCodec::TansCrumb, base)).min(of(PlaneCodec::TansNib, 0))
    } else {
        first
    }
}

/// The least number of all threads.
///
/// # Safety
/// All threads of the block call it; there is room for a number of 64 bits of each.
#[inline(always)]
unsafe fn least(own: u64, memory: u32) -> u64 {
    let mut least = u64::MAX;
    // SAFETY: the caller's condition.
    unsafe {
        store_shared_wide(memory + 8 * thread::thread_idx_x(), own);
        thread::sync_threads();
        for other in 0..thread::block_dim_x() {
            least = least.min(load_shared_wide(memory + 8 * other));
        }
    }
    least
}
