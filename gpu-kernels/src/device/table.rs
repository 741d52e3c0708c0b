//! A table, expanded into shared memory by the block that needs it.

use super::ptx;
use crate::format::Table;
use crate::launch::DeviceTable;
use cuda_std::{shared, thread};

/// The table in the front of the block's dynamic shared memory.
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

    /// Expands a table: each warp takes symbols in turn, its lanes the slots of a symbol.
    ///
    /// # Safety
    /// `table` is readable and its ranges fill its slots. All threads of the block call it, and the block has
    /// `TABLE_BYTES` of dynamic shared memory.
    #[inline(always)]
    pub unsafe fn load(table: *const DeviceTable) -> Self {
        let this = Self { prob_bits: unsafe { (*table).prob_bits }, ..Self::none() };
        // The block may still be looking up symbols of the table before.
        thread::sync_threads();
        let (warp, lane) = (thread::thread_idx_x() / 32, thread::thread_idx_x() % 32);
        let mut symbol = warp;
        while symbol < 256 {
            // SAFETY: there are 256 ranges.
            let range = unsafe { (*table).ranges[symbol as usize] };
            let (start, frequency) = (range >> 16, range & 0xFFFF);
            let mut offset = lane;
            while offset < frequency {
                let entry = Table::entry(frequency, offset, symbol);
                // SAFETY: ranges lie inside the table's slots.
                unsafe { ptx::store_shared(this.address + (start + offset) * 4, entry) };
                offset += 32;
            }
            symbol += thread::block_dim_x() / 32;
        }
        thread::sync_threads();
        this
    }

    /// Probability bits of the table.
    #[inline(always)]
    pub fn prob_bits(self) -> u32 {
        self.prob_bits
    }

    /// The entry of a slot below `2^prob_bits`.
    #[inline(always)]
    pub fn entry(self, slot: u32) -> u32 {
        // SAFETY: the slot is inside the table.
        unsafe { ptx::load_shared(self.address + slot * 4) }
    }

    /// The shared address of the calling warp's ring, behind the table.
    #[inline(always)]
    pub fn ring_address(self) -> u32 {
        use crate::launch::{RING_BYTES, TABLE_BYTES};
        self.address + TABLE_BYTES + thread::thread_idx_x() / 32 * RING_BYTES
    }
}
