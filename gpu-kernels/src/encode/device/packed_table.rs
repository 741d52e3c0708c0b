//! A table as it is stored (FORMAT.md section 7.2), each thread writing what its symbol has of it.

use crate::device::block::sums_before;
use crate::encode::launch::PROB_BITS;
use cuda_std::thread;
use cuda_std::warp::{lane_id, warp_vote_ballot};

/// Bytes before the frequencies.
const FRONT: u32 = 1 + 256 / 8;
/// From this one on a frequency takes two bytes.
const TWO_BYTES: u32 = 128;

/// Writes the table in which the thread's symbol has this frequency, and returns its length.
///
/// # Safety
/// All threads of the block call it, one for each symbol; `packed` has room for the longest table,
/// and there are 8 bytes of shared memory for each warp at `sums`.
#[inline(always)]
pub unsafe fn write<T>(packed: *mut T, frequency: u32, sums: u32) -> u32 {
    let packed = packed.cast::<u8>();
    let symbol = thread::thread_idx_x();
    let len = u32::from(frequency > 0) + u32::from(frequency >= TWO_BYTES);
    // SAFETY: the caller's condition; all lanes come here.
    unsafe {
        let (before, all) = sums_before(len.into(), sums);
        let occur = warp_vote_ballot(u32::MAX, frequency > 0);
        if symbol == 0 {
            *packed = PROB_BITS as u8;
        }
        if lane_id() < 4 {
            let at = 1 + symbol / 32 * 4 + lane_id();
            *packed.add(at as usize) = (occur >> (8 * lane_id())) as u8;
        }
        let at = packed.add((FRONT + before as u32) as usize);
        if len == 1 {
            *at = frequency as u8;
        } else if len == 2 {
            *at = (TWO_BYTES | frequency % TWO_BYTES) as u8;
            *at.add(1) = (frequency / TWO_BYTES) as u8;
        }
        FRONT + all as u32
    }
}
