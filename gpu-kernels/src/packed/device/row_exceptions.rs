//! The first exceptions of rows, a row's by some lanes of a warp.

use super::exceptions::{NONE, column_of, exception, exceptions_of};
use super::form::DeviceForm;
use super::numbers::TileRows;
use super::sums::{Sums, Tile};
use super::unroll::each;
use crate::packed::launch::{DeviceMatrix, Rows, TILE_ROWS};
use cuda_std::warp::{lane_id, warp_shuffle_idx, warp_vote_any};
use wcodec_codec::packed::{BLOCK_ROWS, Exception, FIRST_EXCEPTIONS, LANES, PARTS, bf16};

/// The first exceptions of a row, which some lanes share: each multiplies them by every so many rows
/// of x of a tile, and adds the products up in the order of their columns.
///
/// Each element of x is far away, as is the exception before it. In kernels with many rows of x
/// nothing waits for them: between steps each exception goes on by one, from the list to a lane, to
/// its elements, to the sums. The rest, in other kernels all, are read at once, one by a lane, and
/// handed around.
pub struct RowExceptions<'a, R, const ROWS: usize> {
    pub x: &'a Rows,
    pub matrix: &'a DeviceMatrix,
    pub tile: &'a Tile<R>,
    /// The row in the tile, how many lanes share it, the number of the calling one among them, and
    /// its first row of x.
    row: u32,
    lanes: u32,
    lane: u32,
    first: u32,
    /// The exception that is asked for next, and the one after the last.
    number: u32,
    end: u32,
    /// Whether the form has any, and the row others after the first ones.
    has_exceptions: bool,
    are_more: bool,
    /// Of the next ones, the one with the lane's number.
    mine: Exception,
    /// The one that was asked for, and the one before it, whose elements of x were.
    asked: Exception,
    now: Exception,
    elements: [u16; ROWS],
    sums: [f32; ROWS],
}

impl<'a, R: TileRows, const ROWS: usize> RowExceptions<'a, R, ROWS> {
    /// Those of the row of `blocks` blocks of rows that the calling lane of warp `warp`, of
    /// [`PARTS`], shares. `ROWS` times as many rows of x as lanes share a row are those of a tile,
    /// of `tile_rows`, or more. They are asked for, and x is not read.
    ///
    /// # Safety
    /// As [`multiply`](super::multiply::multiply); the tile has a row of x.
    #[inline(always)]
    pub unsafe fn new<F: DeviceForm<N>, const N: usize>(
        (blocks, tile_rows): (u32, u32),
        x: &'a Rows,
        matrix: &'a DeviceMatrix,
        tile: &'a Tile<R>,
        warp: u32,
    ) -> Self {
        let lanes = LANES * PARTS / BLOCK_ROWS / blocks;
        let row = (warp * LANES + lane_id()) / lanes;
        let matrix_row = tile.block * BLOCK_ROWS + row;
        let (number, end) = if F::FORM.has_exceptions() && matrix_row < matrix.blocks() * BLOCK_ROWS
        {
            // SAFETY: the form has row starts, and the caller's condition.
            unsafe { exceptions_of(matrix, matrix_row) }
        } else {
            (0, 0)
        };
        let count = end.saturating_sub(number);
        let are_more = count > FIRST_EXCEPTIONS;
        let end = number + if are_more { FIRST_EXCEPTIONS } else { count };
        let lane = lane_id() % lanes;
        // Lanes beyond the tile's rows go along with others.
        let first = lane % tile_rows;
        let (mine, asked, now) = (NONE, NONE, NONE);
        let (elements, sums) = ([0; ROWS], [0.0; ROWS]);
        let mut this = Self {
            x,
            matrix,
            tile,
            row,
            lanes,
            lane,
            first,
            number,
            end,
            has_exceptions: F::FORM.has_exceptions(),
            are_more,
            mine,
            asked,
            now,
            elements,
            sums,
        };
        // SAFETY: the caller's condition.
        this.mine = unsafe { this.of_lane() };
        this
    }

    /// Whether the row has exceptions after the first ones.
    #[inline(always)]
    pub fn are_more(&self) -> bool {
        self.are_more
    }

    /// Of the next exceptions, the one with the lane's number.
    ///
    /// # Safety
    /// As [`RowExceptions::new`].
    #[inline(always)]
    unsafe fn of_lane(&self) -> Exception {
        if self.lane < self.end - self.number {
            // SAFETY: the number is below the number of exceptions, and the caller's condition.
            unsafe { exception(self.matrix, self.number + self.lane) }
        } else {
            NONE
        }
    }

    /// Goes on by one exception, if any is left.
    ///
    /// # Safety
    /// As [`RowExceptions::new`]; x may be read.
    #[inline(always)]
    pub unsafe fn advance(&mut self) {
        let is_none = |exception: Exception| exception.column == NONE.column;
        if self.number == self.end && is_none(self.asked) && is_none(self.now) {
            return;
        }
        // SAFETY: the number is below the number of exceptions, and the caller's condition.
        unsafe {
            self.shift();
            if self.number < self.end {
                self.asked = exception(self.matrix, self.number);
                self.number += 1;
            }
        }
    }

    /// Adds up the products whose elements of x were asked for, and asks for those of the next one.
    ///
    /// # Safety
    /// As [`RowExceptions::advance`].
    #[inline(always)]
    unsafe fn shift(&mut self) {
        self.add(self.now, self.elements);
        self.now = core::mem::replace(&mut self.asked, NONE);
        // SAFETY: the caller's condition.
        unsafe { self.elements = self.elements_of(self.now) };
    }

    /// Adds up the products of an exception, if it is one.
    #[inline(always)]
    fn add(&mut self, exception: Exception, elements: [u16; ROWS]) {
        if exception.column < self.matrix.columns {
            let value = exception.value();
            each::<ROWS>(|index| self.sums[index] += value * bf16::widen(elements[index]));
        }
    }

    /// The lane's elements of x in the column of an exception; anything where it is none.
    ///
    /// # Safety
    /// As [`RowExceptions::advance`].
    #[inline(always)]
    unsafe fn elements_of(&self, exception: Exception) -> [u16; ROWS] {
        if exception.column < self.matrix.columns {
            let rows = (self.first, self.lanes);
            // SAFETY: x has the column, and the caller's condition.
            unsafe { column_of::<R, ROWS>(self.x, self.tile, rows, exception.column) }
        } else {
            [0; ROWS]
        }
    }

    /// Adds up those that are on their way to the sums.
    ///
    /// # Safety
    /// As [`RowExceptions::advance`].
    #[inline(always)]
    pub unsafe fn stop(&mut self) {
        // SAFETY: the caller's condition.
        unsafe {
            self.shift();
            self.shift();
            self.mine = self.of_lane();
        }
    }

    /// Adds up those that are left, none being on its way, and writes the sums to shared memory.
    ///
    /// # Safety
    /// As [`RowExceptions::advance`]; all lanes of the warp call it, and the block has the memory.
    #[inline(always)]
    pub unsafe fn finish<const TILES: usize>(&mut self, sums: Sums<TILES>) {
        // SAFETY: the caller's conditions.
        while unsafe { self.has_exceptions && warp_vote_any(u32::MAX, self.number < self.end) } {
            // SAFETY: as above.
            unsafe { self.add_round() };
        }
        each::<ROWS>(|index| {
            let x_row = self.lane + index as u32 * self.lanes;
            if x_row < TILES as u32 * TILE_ROWS {
                // SAFETY: no other lane has this row of the block and of the tile.
                unsafe { sums.store_exceptions(self.row, x_row, self.sums[index]) };
            }
        });
    }

    /// Adds up the exceptions that the row's lanes have, and reads the next ones. Elements of x are
    /// asked for four exceptions at a time.
    ///
    /// # Safety
    /// As [`RowExceptions::finish`].
    #[inline(always)]
    unsafe fn add_round(&mut self) {
        let left = self.end - self.number;
        let of_round = if left < self.lanes { left } else { self.lanes };
        let mut at = 0;
        // SAFETY: all lanes come here, and the caller's conditions.
        unsafe {
            while at < self.lanes && warp_vote_any(u32::MAX, at < of_round) {
                let (mut four, mut elements) = ([NONE; 4], [[0; ROWS]; 4]);
                each::<4>(|index| {
                    let lane = lane_id() - self.lane + at + index as u32;
                    let of_other = |word| warp_shuffle_idx(u32::MAX, word, lane, 32).0;
                    four[index].column = of_other(self.mine.column);
                    four[index].weight = of_other(self.mine.weight);
                    elements[index] = self.elements_of(four[index]);
                });
                each::<4>(|index| self.add(four[index], elements[index]));
                at += 4;
            }
            self.number += of_round;
            self.mine = self.of_lane();
        }
    }
}
