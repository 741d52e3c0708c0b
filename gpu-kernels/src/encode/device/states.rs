//! The states of each symbol, in ascending order (FORMAT.md section 6.1).

use super::ptx;
use crate::device::ptx::{load_shared, load_shared_byte};
use crate::encode::launch::table_memory::{PLACES, STARTS, SYMBOLS};
use crate::encode::launch::{PROB_BITS, STATES, TABLE_THREADS};
use cuda_std::thread;
use cuda_std::warp::{lane_id, sync_warp};
use wcodec_codec::format::Table;

const WARPS: u32 = TABLE_THREADS / 32;
/// States that each warp sorts by their symbols: neighbours, 32 at a time.
const WARP_STATES: u32 = STATES as u32 / WARPS;

/// The place of a state among those of symbols in ascending order is this times the state.
const PLACES_A_STATE: u32 = inverse(Table::stride(PROB_BITS as u8) as u32);

/// The inverse of an odd number modulo 2^32: each step doubles the lowest bits that are right.
const fn inverse(number: u32) -> u32 {
    let mut inverse = number;
    let mut step = 0;
    while step < 5 {
        inverse = inverse.wrapping_mul(2u32.wrapping_sub(number.wrapping_mul(inverse)));
        step += 1;
    }
    inverse
}

/// Writes the states of each symbol, plus the number of all, symbol after symbol.
///
/// # Safety
/// All threads of the block call it; the number of states of the symbols before each is in shared
/// memory, and there is room for all states.
#[inline(always)]
pub unsafe fn write_states(states: *mut u16, memory: u32) {
    let thread = thread::thread_idx_x();
    let warp = thread / 32;
    let own = memory + PLACES + 4 * 256 * warp;
    // SAFETY: the shared memory has room for a number of each warp and symbol, and for a byte of
    // each state.
    unsafe {
        for other in 0..WARPS {
            ptx::store_shared(memory + PLACES + 4 * (256 * other + thread), 0);
        }
        thread::sync_threads();
        for state in own_states(warp) {
            let symbol = symbol_of(state, memory + STARTS);
            ptx::store_shared_byte(memory + SYMBOLS + state, symbol);
            ptx::add_shared(own + 4 * symbol, 1);
        }
        thread::sync_threads();
        counts_to_places(thread, memory);
        thread::sync_threads();
        for state in own_states(warp) {
            let symbol = load_shared_byte(memory + SYMBOLS + state);
            let same = ptx::lanes_with_same(symbol);
            let before = (same & ((1 << lane_id()) - 1)).count_ones();
            let place = load_shared(own + 4 * symbol) + before;
            *states.add(place as usize) = (state + STATES as u32) as u16;
            // All have read it.
            sync_warp(u32::MAX);
            if before == 0 {
                ptx::store_shared(own + 4 * symbol, place + same.count_ones());
            }
            sync_warp(u32::MAX);
        }
    }
}

/// The calling lane's states among those of its warp.
#[inline(always)]
fn own_states(warp: u32) -> impl Iterator<Item = u32> {
    (0..WARP_STATES / 32).map(move |round| warp * WARP_STATES + round * 32 + lane_id())
}

/// The symbol of a state: the last of those that do not begin after its place, which has states.
///
/// # Safety
/// The number of states before each symbol is at `starts`.
#[inline(always)]
unsafe fn symbol_of(state: u32, starts: u32) -> u32 {
    let place = state.wrapping_mul(PLACES_A_STATE) & (STATES as u32 - 1);
    let mut symbol = 0;
    for half in [128, 64, 32, 16, 8, 4, 2, 1] {
        // SAFETY: the caller's condition; the number is below 256.
        let start = unsafe { load_shared(starts + 4 * (symbol + half)) };
        symbol += if start <= place { half } else { 0 };
    }
    symbol
}

/// Replaces the number of states that each warp has of a symbol by the place of the first of them.
///
/// # Safety
/// As [`write_states`].
#[inline(always)]
unsafe fn counts_to_places(symbol: u32, memory: u32) {
    // SAFETY: the caller's condition.
    unsafe {
        let mut place = load_shared(memory + STARTS + 4 * symbol);
        for warp in 0..WARPS {
            let at = memory + PLACES + 4 * (256 * warp + symbol);
            let count = load_shared(at);
            ptx::store_shared(at, place);
            place += count;
        }
    }
}
