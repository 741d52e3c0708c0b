//! A table in shared memory, brought there by the block that needs it.

use super::ptx;
use crate::launch::{DeviceTable, TABLE_BYTES, WarpMemory};
use cuda_std::{shared, thread};

/// The table in the front of the block's dynamic shared memory, its entries' following states as shared addresses: those are
/// below 2^16, as the table comes first.
#[derive(Clone, Copy)]
pub struct SharedTable {
    address: u32,
    prob_bits: u32,
}

impl SharedTable {
    /// Stands in where a codec has no table.
    #[inline(always)]
    pub fn none() -> Self {
        Self { address: ptx::shared_address(shared::dynamic_shared_mem()), prob_bits: 0 }
    }

    /// Copies a table, four entries a thread at a time.
    ///
    /// # Safety
    /// `table` is readable, 16-byte aligned and a [`DeviceTable`]. All threads of the block call it, and the block has
    /// `TABLE_BYTES` of dynamic shared memory.
    #[inline(always)]
    pub unsafe fn load(table: *const DeviceTable) -> Self {
        // SAFETY: the caller's condition.
        let (prob_bits, entries) = unsafe { ((*table).prob_bits, &raw const (*table).entries) };
        let this = Self { prob_bits, ..Self::none() };
        // The block may still be looking up symbols of the table before.
        thread::sync_threads();
        let mut state = 4 * thread::thread_idx_x();
        while state < 1 << prob_bits {
            // SAFETY: there are 2^prob_bits entries, a multiple of four.
            let four = unsafe { ptx::load_global_4(entries as u64 + u64::from(state) * 4) };
            for entry in 0..4 {
                let address = this.address + (state + entry as u32) * 4;
                // SAFETY: states lie inside the table.
                unsafe { ptx::store_shared(address, four[entry] + (this.address << 16)) };
            }
            state += 4 * thread::block_dim_x();
        }
        thread::sync_threads();
        this
    }

    /// Probability bits of the table.
    #[inline(always)]
    pub fn prob_bits(self) -> u32 {
        self.prob_bits
    }

    /// In place of an entry: any state follows, `prob_bits` bits choose it.
    #[inline(always)]
    pub fn first_entry(self, prob_bits: u32) -> u32 {
        self.address << 16 | prob_bits
    }

    /// The entry of the state that follows `entry` by the bits `chosen`.
    #[inline(always)]
    pub fn entry_after(self, entry: u32, chosen: u32) -> u32 {
        // SAFETY: an entry's following states lie inside the table, whatever bits choose among them.
        unsafe { ptx::load_shared((entry >> 16) + chosen * 4) }
    }

    /// The shared addresses of the calling warp's ring of words, behind the table and on a multiple of its size, and of its
    /// ring of rows, behind those of all warps.
    #[inline(always)]
    pub fn warp_memory(self, memory: WarpMemory) -> (u32, u32) {
        let (warp, warps) = (thread::thread_idx_x() / 32, thread::block_dim_x() / 32);
        let rings = if memory.ring_bytes > 0 {
            (self.address + TABLE_BYTES).next_multiple_of(memory.ring_bytes)
        } else {
            self.address
        };
        let stages = rings + warps * memory.ring_bytes;
        (rings + warp * memory.ring_bytes, stages + warp * memory.stage_bytes())
    }
}
