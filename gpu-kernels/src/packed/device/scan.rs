//! From how many exceptions blocks of rows have to how many there are before each.

use super::ptx;
use crate::packed::launch::{Pack, PackWorkspace, SCAN_THREADS};
use cuda_std::{shared, thread};
use wcodec_codec::packed::BLOCK_ROWS;

/// Replaces each block's count by the sum of those before it, by one block of threads, each of
/// which adds up neighbouring counts. Writes the sum of all to the workspace, and where the last
/// row ends. Sums stay at the largest number: there are too many exceptions then.
///
/// # Safety
/// The launch's packed matrix and workspace are writable, and the counts are there; there is one
/// block of [`SCAN_THREADS`] threads, with four bytes of shared memory for each.
#[inline(always)]
pub unsafe fn scan(launch: &Pack) {
    ptx::let_next_kernel_begin();
    ptx::wait_for_previous_kernel();
    let thread = thread::thread_idx_x();
    let blocks = launch.matrix.blocks();
    let each = blocks.div_ceil(SCAN_THREADS);
    let first = thread * each;
    let after = if first + each < blocks { first + each } else { blocks };
    let counts = (launch.workspace + PackWorkspace::BLOCK_COUNTS) as *mut u32;
    let mut sum = 0u32;
    for block in first..after {
        // SAFETY: there is a count for each block.
        sum = sum.saturating_add(unsafe { *counts.add(block as usize) });
    }
    let (mut before, total) = sums_before(sum);
    for block in first..after {
        // SAFETY: as above.
        unsafe {
            let count = counts.add(block as usize);
            let next = before.saturating_add(*count);
            *count = before;
            before = next;
        }
    }
    if thread == 0 {
        let end = launch.matrix.row_starts + 4 * u64::from(blocks * BLOCK_ROWS);
        // SAFETY: the matrix has one start more than rows, the workspace room for the sum.
        unsafe {
            // And zeros up to the exceptions, which begin with the next 16 bytes.
            ptx::store_global(end, [total, 0, 0, 0]);
            *((launch.workspace + PackWorkspace::TOTAL) as *mut u64) = total.into();
        }
    }
}

/// The sum of the numbers of all threads before the calling one, and that of all.
#[inline(always)]
fn sums_before(number: u32) -> (u32, u32) {
    let sums = ptx::shared_address(shared::dynamic_shared_mem());
    let thread = thread::thread_idx_x();
    // SAFETY: there is a number for each thread.
    let at = |thread: u32| unsafe { ptx::load_shared(sums + 4 * thread) };
    let mut sum = number;
    let mut distance = 1;
    // SAFETY: as above.
    unsafe { ptx::store_shared(sums + 4 * thread, sum) };
    thread::sync_threads();
    while distance < SCAN_THREADS {
        let before = if thread >= distance { at(thread - distance) } else { 0 };
        thread::sync_threads();
        sum = sum.saturating_add(before);
        // SAFETY: as above.
        unsafe { ptx::store_shared(sums + 4 * thread, sum) };
        thread::sync_threads();
        distance *= 2;
    }
    // Where sums are at the largest number, nothing that is gathered is used.
    (sum.saturating_sub(number), at(SCAN_THREADS - 1))
}
