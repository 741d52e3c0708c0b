//! The counters of a block: one for each byte value and lane.

use super::ptx;

/// Bytes of the counters of a byte value: one for each lane, in a bank of its own.
pub const VALUE_BYTES: u32 = 4 * 32;
/// Rows that a warp asks for at a time.
pub const ROWS: u32 = 4;

/// Counts four bytes.
///
/// # Safety
/// `counters` are the calling lane's.
#[inline(always)]
pub unsafe fn count_word(word: u32, counters: u32) {
    const MASK: u32 = 0xFF * VALUE_BYTES;
    // SAFETY: the caller's condition.
    unsafe {
        ptx::add_shared(counters + (word << 7 & MASK), 1);
        ptx::add_shared(counters + (word >> 1 & MASK), 1);
        ptx::add_shared(counters + (word >> 9 & MASK), 1);
        ptx::add_shared(counters + (word >> 17 & MASK), 1);
    }
}

/// Counts the two bytes of a word's lower half.
///
/// # Safety
/// `counters` are the calling lane's.
#[inline(always)]
pub unsafe fn count_two(word: u32, counters: u32) {
    // SAFETY: the caller's condition.
    unsafe {
        ptx::add_shared(counters + (word & 0xFF) * VALUE_BYTES, 1);
        ptx::add_shared(counters + (word >> 8 & 0xFF) * VALUE_BYTES, 1);
    }
}
