//! A table in shared memory, brought there by the block that needs it.

use super::ptx;
use crate::launch::{BLOCK_WARPS, DeviceTable, TABLE_BYTES, WarpMemory};
use cuda_std::{shared, thread};
use wcodec_codec::format::MAX_PROB_BITS;

/// The table in the front of the block's dynamic shared memory; for tANS with its entries' following
/// states as shared addresses: those are below 2^16, as the table comes first.
#[derive(Clone, Copy)]
pub struct SharedTable {
    address: u32,
    prob_bits: u32,
}

impl SharedTable {
    /// In place of an entry: any state follows, by as many bits as the table's probabilities have.
    #[inline(always)]
    pub fn first_entry(self) -> u32 {
        self.address << 16 | self.prob_bits
    }

    /// The entry of the state that follows `entry` by the bits `chosen`.
    #[inline(always)]
    pub fn entry_after(self, entry: u32, chosen: u32) -> u32 {
        // SAFETY: an entry's following states lie inside the table, whatever bits choose among
        // them.
        unsafe { ptx::load_shared((entry >> 16) + chosen * 4) }
    }

    /// The table's probability bits.
    #[inline(always)]
    pub fn prob_bits(self) -> u32 {
        self.prob_bits
    }

    /// The entry of the slot that a state of rANS stands in.
    #[inline(always)]
    pub fn entry_of_slot(self, state: u32) -> u32 {
        // SAFETY: there are as many entries as the lowest bits of a state may say.
        unsafe { ptx::load_shared(self.address + (state << 2 & (TABLE_BYTES - 4))) }
    }

    /// The shared addresses of the calling warp's ring of words, after the table and on a multiple
    /// of its size, and of its ring of rows, after those of all warps.
    #[inline(always)]
    pub fn warp_memory(self, memory: WarpMemory) -> (u32, u32) {
        let warp = thread::thread_idx_x() / 32;
        let rings = if memory.ring_bytes > 0 {
            (self.address + TABLE_BYTES).next_multiple_of(memory.ring_bytes)
        } else {
            self.address
        };
        let stages = rings + BLOCK_WARPS * memory.ring_bytes;
        (rings + warp * memory.ring_bytes, stages + warp * memory.stage_bytes())
    }
}

/// Entries that a thread copies at a time.
const ENTRIES: usize = 4;
/// The copies of each thread for the largest table.
const COPIES: usize = (1 << MAX_PROB_BITS) / (ENTRIES * 32 * BLOCK_WARPS as usize);

/// A thread's part of a table while it is copied to shared memory; waited for when no other copy is
/// left to start.
pub struct TableCopy {
    table: SharedTable,
    entries: [[u32; ENTRIES]; COPIES],
}

impl TableCopy {
    /// Stands in where a codec has no table.
    #[inline(always)]
    pub fn none() -> Self {
        let address = ptx::shared_address(shared::dynamic_shared_mem());
        let table = SharedTable { address, prob_bits: 0 };
        Self { table, entries: [[0; ENTRIES]; COPIES] }
    }

    /// Begins to copy a table.
    ///
    /// # Safety
    /// `table` is readable, 16-byte aligned and a [`DeviceTable`].
    #[inline(always)]
    pub unsafe fn begin(table: *const DeviceTable) -> Self {
        let mut this = Self::none();
        // SAFETY: the caller's condition. All entries are there, whatever the probability bits.
        unsafe {
            this.table.prob_bits = (*table).prob_bits;
            let entries = &raw const (*table).entries;
            for copy in 0..COPIES {
                this.entries[copy] = ptx::load_global_4(entries as u64 + u64::from(offset(copy)));
            }
        }
        this
    }

    /// The table as it will be in shared memory: where, but not what.
    #[inline(always)]
    pub fn table(&self) -> SharedTable {
        self.table
    }

    /// Ends the copy; entries have following states or have not.
    ///
    /// # Safety
    /// All threads of the block call it, and the block has `TABLE_BYTES` of dynamic shared memory.
    #[inline(always)]
    pub unsafe fn finish(self, states_follow: bool) {
        let base = if states_follow { self.table.address << 16 } else { 0 };
        for copy in 0..COPIES {
            let [a, b, c, d] = self.entries[copy];
            let entries = [a + base, b + base, c + base, d + base];
            // SAFETY: the caller's condition.
            unsafe { ptx::store_shared_4(self.table.address + offset(copy), entries) };
        }
        thread::sync_threads();
    }
}

/// Where a thread's entries stand in a table, in bytes.
#[inline(always)]
fn offset(copy: usize) -> u32 {
    let thread = thread::thread_idx_x() + copy as u32 * 32 * BLOCK_WARPS;
    thread * 4 * ENTRIES as u32
}
