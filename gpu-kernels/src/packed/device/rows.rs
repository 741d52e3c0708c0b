//! Sixteen neighbouring elements of a row: what a lane holds of a row of a step.

use super::ptx;
use crate::packed::launch::Rows;
use cuda_std::warp::{lane_id, warp_shuffle_xor, warp_vote_all};

/// A row of BF16 numbers in global memory.
#[derive(Clone, Copy)]
pub struct Row {
    address: u64,
    /// Its elements; none where there is no such row.
    columns: u32,
    is_wide: bool,
}

impl Row {
    /// Elements that a lane holds.
    pub const SPAN: u32 = 16;

    /// Row `number` of `count` rows, of `columns` elements each.
    #[inline(always)]
    pub fn new(rows: &Rows, number: u64, count: u64, columns: u32) -> Self {
        Self {
            address: rows.address + 2 * number * rows.stride,
            columns: if number < count { columns } else { 0 },
            is_wide: rows.is_wide(),
        }
    }

    /// Returns whether 16 elements from a column on are there, and can be read or written as two
    /// times 16 bytes.
    #[inline(always)]
    fn is_whole(&self, column: u32) -> bool {
        self.is_wide && column + Self::SPAN <= self.columns
    }

    /// The elements from a column on, a multiple of [`Row::SPAN`], where all rows have a multiple
    /// of that and can be read 16 bytes at a time.
    ///
    /// # Safety
    /// The row is readable.
    #[inline(always)]
    pub unsafe fn load_wide(&self, column: u32) -> [u32; 8] {
        if column >= self.columns {
            return [0; 8];
        }
        let address = self.address + 2 * u64::from(column);
        // SAFETY: the row has 16 elements there, on a multiple of 16 bytes.
        let (low, high) = unsafe { (ptx::load_global(address), ptx::load_global(address + 16)) };
        [low[0], low[1], low[2], low[3], high[0], high[1], high[2], high[3]]
    }

    /// The elements from a column on, a multiple of [`Row::SPAN`], two in a word; zeros where the
    /// row has none.
    ///
    /// # Safety
    /// The row is readable.
    #[inline(always)]
    pub unsafe fn load(&self, column: u32) -> [u32; 8] {
        if self.is_whole(column) {
            // SAFETY: the caller's condition.
            return unsafe { self.load_wide(column) };
        }
        if column >= self.columns {
            return [0; 8];
        }
        // SAFETY: the caller's condition. Written out, so that words stay in registers.
        unsafe {
            [
                self.pair(column),
                self.pair(column + 2),
                self.pair(column + 4),
                self.pair(column + 6),
                self.pair(column + 8),
                self.pair(column + 10),
                self.pair(column + 12),
                self.pair(column + 14),
            ]
        }
    }

    /// Two elements, zeros where the row has none.
    ///
    /// # Safety
    /// The row is readable.
    #[inline(always)]
    pub unsafe fn pair(&self, column: u32) -> u32 {
        // SAFETY: the caller's condition.
        let (low, high) = unsafe { (self.element(column), self.element(column + 1)) };
        u32::from(low.unwrap_or(0)) | u32::from(high.unwrap_or(0)) << 16
    }

    /// Writes those elements that the row has. An even lane and the one after it have neighbouring
    /// columns of one row.
    ///
    /// # Safety
    /// The row is writable, and all lanes of the warp call this.
    #[inline(always)]
    pub unsafe fn store(&self, column: u32, words: [u32; 8]) {
        let address = self.address + 2 * u64::from(column);
        let [a, b, c, d, e, f, g, h] = words;
        let (low, high) = ([a, b, c, d], [e, f, g, h]);
        let is_whole = self.is_whole(column);
        // SAFETY: all lanes come here.
        if unsafe { warp_vote_all(u32::MAX, is_whole) } {
            // SAFETY: all lanes come here, and each row has 16 elements there.
            unsafe { self.store_wide(column, words) };
            return;
        }
        if is_whole {
            // SAFETY: the row has 16 elements there, on a multiple of 16 bytes.
            unsafe {
                ptx::store_global(address, low);
                ptx::store_global(address + 16, high);
            }
            return;
        }
        for (index, word) in words.into_iter().enumerate() {
            let column = column + 2 * index as u32;
            // SAFETY: the caller's condition.
            unsafe {
                self.set(column, word as u16);
                self.set(column + 1, (word >> 16) as u16);
            }
        }
    }

    /// As [`Row::store`], where all rows have a multiple of [`Row::SPAN`] elements and can be written
    /// 16 bytes at a time.
    ///
    /// Neighbours write 32 bytes together, first those of the even one: whole sectors.
    ///
    /// # Safety
    /// The row is writable, and all lanes of the warp call this.
    #[inline(always)]
    pub unsafe fn store_wide(&self, column: u32, [a, b, c, d, e, f, g, h]: [u32; 8]) {
        let (low, high) = ([a, b, c, d], [e, f, g, h]);
        let is_odd = lane_id() % 2 == 1;
        // SAFETY: all lanes come here.
        let other = unsafe { exchange(if is_odd { low } else { high }) };
        let even = column - if is_odd { Self::SPAN } else { 0 };
        let at = self.address + 2 * u64::from(even) + if is_odd { 16 } else { 0 };
        let (first, second) = if is_odd { (other, high) } else { (low, other) };
        // SAFETY: where the row has the column it has 16 elements there, on a multiple of 16 bytes.
        unsafe {
            if even < self.columns {
                ptx::store_global(at, first);
            }
            if even + Self::SPAN < self.columns {
                ptx::store_global(at + 2 * u64::from(Self::SPAN), second);
            }
        }
    }

    /// The element in a column that the row has; `None` where it has none.
    ///
    /// # Safety
    /// The row is readable.
    #[inline(always)]
    pub unsafe fn element(&self, column: u32) -> Option<u16> {
        if column < self.columns {
            // SAFETY: the row has the element.
            Some(unsafe { *((self.address + 2 * u64::from(column)) as *const u16) })
        } else {
            None
        }
    }

    /// Writes an element, if the row has it.
    ///
    /// # Safety
    /// The row is writable.
    #[inline(always)]
    pub unsafe fn set(&self, column: u32, element: u16) {
        if column < self.columns {
            // SAFETY: the row has the element.
            unsafe { *((self.address + 2 * u64::from(column)) as *mut u16) = element };
        }
    }
}

/// The words of the neighbouring lane.
///
/// # Safety
/// All lanes of the warp call it.
#[inline(always)]
unsafe fn exchange([a, b, c, d]: [u32; 4]) -> [u32; 4] {
    // SAFETY: the caller's condition.
    let of_other = |word: u32| unsafe { warp_shuffle_xor(u32::MAX, word, 1, 32).0 };
    [of_other(a), of_other(b), of_other(c), of_other(d)]
}
