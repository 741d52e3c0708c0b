//! A lane's part of a tile's bytes.

use crate::device::ptx::{load_global_4, multiply_add_wide};
use crate::encode::launch::EncodeJob;
use cuda_std::warp::lane_id;
use wcodec_codec::format::{LANE_BYTES, ROW_BYTES};

/// The calling lane's 16 bytes of each row of a tile.
#[derive(Clone, Copy)]
pub struct LaneSource {
    /// The address of those in row 0.
    pub address: u64,
    /// Rows of the tile.
    pub rows: u32,
    /// Rows in which the lane has all of its bytes.
    pub full_rows: u32,
    /// The bytes that it has in the row after those.
    pub cut_bytes: u32,
}

impl LaneSource {
    /// Of a tile of a tensor.
    #[inline(always)]
    pub fn new(job: &EncodeJob, tile: u32) -> Self {
        let lane_at = lane_id() * LANE_BYTES as u32;
        let rows = job.rows_of(tile);
        let is_last = tile + 1 == job.tiles;
        let in_last = if is_last { job.last_row_bytes } else { ROW_BYTES as u32 };
        let left = in_last.saturating_sub(lane_at);
        let is_full = left >= LANE_BYTES as u32;
        Self {
            address: job.source_of(tile) + u64::from(lane_at),
            rows,
            full_rows: if is_full { rows } else { rows - 1 },
            cut_bytes: if is_full { 0 } else { left },
        }
    }

    /// The address of the lane's bytes in a row.
    #[inline(always)]
    pub fn at(&self, row: u32) -> u64 {
        multiply_add_wide(row, ROW_BYTES as u32, self.address)
    }

    /// The lane's bytes of a row, not the tile's last one.
    ///
    /// # Safety
    /// The tensor is readable.
    #[inline(always)]
    pub unsafe fn load_whole(&self, row: u32) -> [u32; 4] {
        // SAFETY: the caller's condition.
        unsafe { load_global_4(self.at(row)) }
    }

    /// The lane's bytes of a row, below the tile's rows; zeros after the tensor's end.
    ///
    /// # Safety
    /// The tensor is readable.
    #[inline(always)]
    pub unsafe fn load(&self, row: u32) -> [u32; 4] {
        // SAFETY: the caller's condition.
        unsafe {
            if row < self.full_rows { load_global_4(self.at(row)) } else { self.load_cut(row) }
        }
    }

    /// The bytes of a row that the lane has some of, or none.
    ///
    /// # Safety
    /// As [`LaneSource::load`].
    #[inline(always)]
    unsafe fn load_cut(&self, row: u32) -> [u32; 4] {
        let mut words = [0; 4];
        let mut byte = self.cut_bytes;
        // From the last byte on, so that none is indexed: each pushes those before it upwards.
        while byte > 0 {
            byte -= 1;
            let [a, b, c, d] = words;
            // SAFETY: one of the tensor's bytes.
            let lowest = unsafe { *((self.at(row) + u64::from(byte)) as *const u8) };
            words =
                [a << 8 | u32::from(lowest), b << 8 | a >> 24, c << 8 | b >> 24, d << 8 | c >> 24];
        }
        words
    }

    /// Replaces the coded bytes of a row after the tensor's end, which are zeros, by the filler.
    #[inline(always)]
    pub fn fill_beyond<const N: usize>(&self, row: u32, filler: u32, coded: &mut [u32; N]) {
        if row < self.full_rows {
            return;
        }
        let elements = self.elements(row, 4 / N as u32);
        let fillers = filler * 0x0101_0101;
        let beyond = |word: u32| match elements.saturating_sub(4 * word) {
            0 => fillers,
            before @ 1..4 => fillers << (8 * before),
            _ => 0,
        };
        coded[0] |= beyond(0);
        if N > 1 {
            coded[1 % N] |= beyond(1);
        }
        if N > 2 {
            coded[2 % N] |= beyond(2);
            coded[3 % N] |= beyond(3);
        }
    }

    /// The lane's elements in a row, of so many bytes each.
    #[inline(always)]
    pub fn elements(&self, row: u32, element_bytes: u32) -> u32 {
        let bytes = if row < self.full_rows { LANE_BYTES as u32 } else { self.cut_bytes };
        bytes / element_bytes
    }
}

/// The first of four words.
#[inline(always)]
pub fn first_words<const N: usize>(all: [u32; 4]) -> [u32; N] {
    // Named one by one: loops over arrays end in local memory.
    let mut words = [all[0]; N];
    if N > 1 {
        words[1 % N] = all[1];
    }
    if N > 2 {
        words[2 % N] = all[2];
        words[3 % N] = all[3];
    }
    words
}
