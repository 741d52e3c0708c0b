//! The rows of x and y that a tile has: those in order, or those that name one of many matrices.

use super::ptx;
use super::rows::Row;
use crate::packed::launch::{MULTIPLY_WARPS, MultiplyExperts, Rows};
use cuda_std::thread;
use cuda_std::warp::{lane_id, warp_vote_ballot};
use wcodec_codec::packed::LANES;

/// Which rows of x and y the rows of a tile are.
pub trait TileRows: Copy {
    /// Row `row` of `n` of the tile, in x: without elements where there is no such row.
    fn row(&self, x: &Rows, row: u32, n: u32, columns: u32) -> Row;

    /// The number in x of a row of the tile that there is.
    fn of_x(&self, row: u32) -> u32;

    /// The number in y of a row of the tile that there is.
    fn of_y(&self, row: u32) -> u32;
}

/// The rows of x and y as they come.
#[derive(Clone, Copy)]
pub struct InOrder;

impl TileRows for InOrder {
    #[inline(always)]
    fn row(&self, x: &Rows, row: u32, n: u32, columns: u32) -> Row {
        Row::new(x, row.into(), n.into(), columns)
    }

    #[inline(always)]
    fn of_x(&self, row: u32) -> u32 {
        row
    }

    #[inline(always)]
    fn of_y(&self, row: u32) -> u32 {
        row
    }
}

/// Rows of y that are listed in shared memory; several of y may be one of x.
#[derive(Clone, Copy)]
pub struct Listed {
    list: u32,
    rows_of_one: u32,
}

impl TileRows for Listed {
    #[inline(always)]
    fn row(&self, x: &Rows, row: u32, n: u32, columns: u32) -> Row {
        if row < n {
            Row::new(x, self.of_x(row).into(), u64::MAX, columns)
        } else {
            Row::new(x, 0, 0, columns)
        }
    }

    #[inline(always)]
    fn of_x(&self, row: u32) -> u32 {
        self.of_y(row) / self.rows_of_one
    }

    #[inline(always)]
    fn of_y(&self, row: u32) -> u32 {
        // SAFETY: the list has the row.
        unsafe { ptx::load_shared(self.list + 4 * row) }
    }
}

/// The threads of a block, which look at as many rows' numbers at a time.
const THREADS: u32 = MULTIPLY_WARPS * LANES;

/// The search for the rows that name a matrix.
pub struct Search {
    /// The number of the matrix.
    pub number: u32,
    /// Address of the number that each row names, and rows.
    numbers: u64,
    n: u32,
    rows_of_one: u32,
    /// Shared address of a count for each warp, and of the list after them.
    counts: u32,
    /// The rows that are looked at next, and how many of those that were found there are done.
    first: u32,
    done: u32,
}

impl Search {
    /// For rows that name this matrix, from the first row on, with room at a shared address.
    #[inline(always)]
    pub fn new(launch: &MultiplyExperts, number: u32, room: u32) -> Self {
        let (numbers, n, rows_of_one) = (launch.numbers, launch.n, launch.rows_of_one);
        Self { number, numbers, n, rows_of_one, counts: room, first: 0, done: 0 }
    }

    /// The rows that were listed.
    #[inline(always)]
    pub fn rows(&self) -> Listed {
        Listed { list: self.counts + 4 * MULTIPLY_WARPS, rows_of_one: self.rows_of_one }
    }

    /// Lists the next rows, as many as there are but at most `most`, and gives their number.
    ///
    /// # Safety
    /// The numbers are readable, and the room is the block's; all threads call it, and none still
    /// reads the list.
    #[inline(always)]
    pub unsafe fn list(&mut self, most: u32) -> u32 {
        let (thread, warp) = (thread::thread_idx_x(), thread::thread_idx_x() / LANES);
        let mut listed = 0;
        while self.first < self.n && listed < most {
            let row = self.first + thread;
            // SAFETY: the caller's conditions; all lanes vote.
            unsafe {
                let names = row < self.n
                    && *((self.numbers + 4 * u64::from(row)) as *const u32) == self.number;
                let bits = warp_vote_ballot(u32::MAX, names);
                if lane_id() == 0 {
                    ptx::store_shared(self.counts + 4 * warp, bits.count_ones());
                }
                thread::sync_threads();
                let mut place = (bits & ((1 << lane_id()) - 1)).count_ones();
                let mut found = 0;
                for other in 0..MULTIPLY_WARPS {
                    let count = ptx::load_shared(self.counts + 4 * other);
                    place += if other < warp { count } else { 0 };
                    found += count;
                }
                // Those before the ones that are done have the largest places.
                let place = place.wrapping_sub(self.done);
                if names && place < most - listed {
                    ptx::store_shared(self.rows().list + 4 * (listed + place), row);
                }
                thread::sync_threads();
                let left = found - self.done;
                if left > most - listed {
                    self.done += most - listed;
                    return most;
                }
                listed += left;
            }
            // Rows are far fewer than 2^32 less the threads: see Shape::MAX.
            self.first += THREADS;
            self.done = 0;
        }
        listed
    }
}
