//! From the counts of a tensor's coded bytes to how they are coded: by a table, as they are, or not
//! at all where there is but one.

use super::job::is_left_out;
use super::states::write_states;
use super::{packed_table, ptx};
use crate::device::block::{sum, sums_before};
use crate::device::ptx::{load_shared_wide, shared_address, store_shared_wide};
use crate::encode::launch::table_memory::{RESTS, STARTS, SUMS};
use crate::encode::launch::{EncodeJob, EncodeLaunch, EncodeTable, PROB_BITS, STATES};
use cuda_std::{shared, thread};
use wcodec_codec::encode::Shares;
use wcodec_codec::entropy::tans::step;
use wcodec_codec::format::{PlaneCodec, Split};

/// Makes the table of the block's tensor. Each thread has a symbol.
///
/// # Safety
/// The launch's jobs and counts are readable, and there is room for a table of each; there is a
/// block for each job, of [`crate::encode::launch::TABLE_THREADS`] threads and with
/// [`crate::encode::launch::TABLE_SHARED_BYTES`] of shared memory.
#[inline(always)]
pub unsafe fn make_table(launch: &EncodeLaunch) {
    let memory = shared_address(shared::dynamic_shared_mem());
    let (number, symbol) = (thread::block_idx_x(), thread::thread_idx_x());
    // SAFETY: the caller's conditions; all threads come here, and take the same branches.
    unsafe {
        if is_left_out(launch, number) {
            return;
        }
        let counted = *(launch.counts as *const u64).add((number * 256 + symbol) as usize);
        let table = (launch.tables as *mut EncodeTable).add(number as usize);
        let (codec, filler) = ((*table).codec(), (*table).filler);
        // Where some rows alone are counted, any symbol may be among the others.
        let count = counted + u64::from((*table).stride > 1);
        let total = sum(count, memory + SUMS);
        let values = sum(u64::from(count > 0), memory + SUMS);
        // What is read above is written below, by other threads.
        thread::sync_threads();
        if values < 2 {
            let is_constant = values == 1 && !codec.has_pairs();
            write_choice(table, if is_constant { PlaneCodec::Const } else { PlaneCodec::Raw });
            if is_constant && count > 0 {
                (*table).constant = symbol;
            }
            return;
        }
        let frequency = frequency(count, total, memory);
        let packed_len = packed_table::write(&raw mut (*table).packed, frequency, memory + SUMS);
        let commonest = commonest(frequency, memory);
        if symbol == 0 {
            (*table).packed_len = packed_len;
            (*table).constant = 0;
            (*table).filler = if codec.has_pairs() { filler } else { commonest };
        }
        write_look_ups(table, frequency, memory);
    }
}

/// Writes a codec without symbols, and zeros for what the others have.
///
/// # Safety
/// The table is writable; all threads call it.
#[inline(always)]
pub unsafe fn write_choice(table: *mut EncodeTable, codec: PlaneCodec) {
    if thread::thread_idx_x() == 0 {
        // SAFETY: the caller's condition.
        unsafe {
            (*table).codec = codec as u32;
            (*table).packed_len = 0;
            (*table).constant = 0;
            (*table).filler = 0;
            (*table).base = 0;
        }
    }
    // What a thread writes next is not overwritten.
    thread::sync_threads();
}

/// The states of the thread's symbol, as [`wcodec_codec::encode::frequencies`] shares them.
///
/// # Safety
/// As [`make_table`]; two symbols at least have counts.
#[inline(always)]
unsafe fn frequency(count: u64, total: u64, memory: u32) -> u32 {
    let mut shares = Shares { states: STATES as u64, total };
    let occurs = count > 0;
    let mut is_rare = false;
    loop {
        let becomes_rare = occurs & !is_rare & shares.is_rare(count);
        is_rare |= becomes_rare;
        // SAFETY: all threads come here, and see the same sums.
        let rare = unsafe { sum(becomes_rare.into(), memory + SUMS) };
        if rare == 0 {
            break;
        }
        shares.states -= rare;
        // SAFETY: as above.
        shares.total -= unsafe { sum(count * u64::from(becomes_rare), memory + SUMS) };
    }
    // There is a symbol that is common, so that the total is not 0.
    let is_common = occurs & !is_rare;
    let whole = shares.whole(count) * u32::from(is_common);
    // One more than what is left, so that 0 says that there is nothing.
    let rest = (shares.rest(count) + 1) * u64::from(is_common);
    // SAFETY: as above; there is room for a number of each symbol.
    unsafe {
        let left = shares.states - sum(whole.into(), memory + SUMS);
        let more = more_before(rest, memory + RESTS);
        u32::from(is_rare) + whole + u32::from(is_common & (u64::from(more) < left))
    }
}

/// The number of symbols whose rest comes before that of the thread's.
///
/// # Safety
/// All threads call it; `rests` is room for a number of 64 bits of each.
#[inline(always)]
unsafe fn more_before(rest: u64, rests: u32) -> u32 {
    let symbol = thread::thread_idx_x();
    let mut before = 0;
    // SAFETY: the caller's condition.
    unsafe {
        store_shared_wide(rests + 8 * symbol, rest);
        thread::sync_threads();
        for other in 0..256 {
            let of_other = load_shared_wide(rests + 8 * other);
            before += u32::from(of_other > rest || of_other == rest && other < symbol);
        }
    }
    before
}

/// Elements in a lane's 16 bytes.
#[inline(always)]
pub fn lane_elements(job: &EncodeJob) -> u64 {
    match job.split {
        number if number <= Split::RotatedByte as u32 => 16,
        number if number <= Split::High16 as u32 => 8,
        _ => 4,
    }
}

#[inline(always)]
fn at_least_one(frequency: u32) -> u32 {
    frequency + u32::from(frequency == 0)
}

/// The first of the symbols that have the most states.
///
/// # Safety
/// As [`make_table`]; the rests are of no more use.
#[inline(always)]
unsafe fn commonest(frequency: u32, memory: u32) -> u32 {
    let symbol = thread::thread_idx_x();
    // SAFETY: as in `more_before`, which numbers symbols in the order of their frequencies.
    unsafe {
        thread::sync_threads();
        let before = more_before(frequency.into(), memory + RESTS);
        sum(u64::from(symbol) * u64::from(before == 0), memory + SUMS) as u32
    }
}

/// Writes steps, states, and the places of the states.
///
/// # Safety
/// As [`make_table`].
#[inline(always)]
unsafe fn write_look_ups(table: *mut EncodeTable, frequency: u32, memory: u32) {
    let symbol = thread::thread_idx_x();
    // SAFETY: the caller's conditions; there is room for a number of each symbol.
    unsafe {
        let start = sums_before(frequency.into(), memory + SUMS).0 as u32;
        // That of a symbol that does not occur is not looked up.
        let step = step(at_least_one(frequency), start, PROB_BITS);
        (&raw mut (*table).steps).cast::<u32>().add(symbol as usize).write(step);
        // Of a symbol that does not occur it may be one beyond the last place.
        let first = start & (STATES as u32 - 1);
        (&raw mut (*table).first).cast::<u16>().add(symbol as usize).write(first as u16);
        ptx::store_shared(memory + STARTS + 4 * symbol, start);
        thread::sync_threads();
        write_states((&raw mut (*table).states).cast(), memory);
    }
}
