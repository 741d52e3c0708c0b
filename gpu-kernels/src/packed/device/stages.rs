//! Rows of x on their way to shared memory, a few steps at a time.

use super::form::group_and_thread;
use super::ptx;
use super::rows::Row;
use super::sums::Tile;
use super::unroll::each;
use crate::packed::launch::{Rows, STAGE_ROW_BYTES, STAGE_STEPS, STAGES, TILE_ROWS};
use cuda_std::thread;
use cuda_std::warp::lane_id;
use wcodec_codec::packed::{LANES, PARTS, STEP_COLUMNS};

/// Threads that copy, and multiply.
pub const THREADS: u32 = PARTS * LANES;
/// Elements that a thread copies at a time.
const PIECE: u32 = 8;
/// Those of a row of a stage.
const PIECES: u32 = STAGE_STEPS * STEP_COLUMNS / PIECE;

/// The stages of a block, each with some steps of `TILES` times 8 rows of x.
pub struct Stages<const TILES: usize> {
    shared: u32,
    /// The stage that is filled next.
    filled: u32,
    /// The stage that is read.
    read: u32,
    x: Rows,
    first_row: u32,
    n: u32,
    columns: u32,
    /// The first column of the stage that is filled next.
    column: u32,
    /// The column after those of the part.
    end: u32,
    is_wide: bool,
}

impl<const TILES: usize> Stages<TILES> {
    const BYTES: u32 = TILES as u32 * TILE_ROWS * STAGE_ROW_BYTES;

    /// Stages for the steps from `first` up to `after`, all empty.
    #[inline(always)]
    pub fn new(
        shared: u32,
        x: &Rows,
        tile: &Tile,
        columns: u32,
        (first, after): (u32, u32),
    ) -> Self {
        Self {
            shared,
            filled: 0,
            read: STAGES - 1,
            x: *x,
            first_row: tile.first,
            n: tile.n,
            columns,
            column: first * STEP_COLUMNS,
            end: after * STEP_COLUMNS,
            is_wide: x.is_wide() && columns.is_multiple_of(Row::SPAN),
        }
    }

    /// Starts to fill the next stage, if the part has steps for it.
    ///
    /// # Safety
    /// All threads call it; nothing reads the stage any more, and the rows of x are readable.
    #[inline(always)]
    pub unsafe fn fill(&mut self) {
        if self.column < self.end {
            let pieces = TILES as u32 * TILE_ROWS * PIECES;
            let mut piece = thread::thread_idx_x();
            while piece < pieces {
                let (row, column) = (piece / PIECES, piece % PIECES * PIECE);
                let target =
                    self.shared + self.filled * Self::BYTES + row * STAGE_ROW_BYTES + 2 * column;
                // SAFETY: the caller's condition, and the target is inside the stage.
                unsafe { self.copy(target, self.first_row + row, self.column + column) };
                piece += THREADS;
            }
            self.column += STAGE_STEPS * STEP_COLUMNS;
            self.filled = if self.filled + 1 == STAGES { 0 } else { self.filled + 1 };
        }
        ptx::end_copies();
    }

    /// Starts to copy eight elements of a row, zeros where x has none.
    ///
    /// # Safety
    /// As [`Stages::fill`].
    #[inline(always)]
    unsafe fn copy(&self, target: u32, row: u32, column: u32) {
        let address = self.x.address + 2 * (u64::from(row) * self.x.stride + u64::from(column));
        if self.is_wide {
            let is_there = row < self.n && column < self.columns;
            let address = if is_there { address } else { self.x.address };
            // SAFETY: where x has the row and the column it has eight elements there.
            unsafe { ptx::start_copy(target, address, is_there) };
            return;
        }
        let row = Row::new(&self.x, row.into(), self.n.into(), self.columns);
        each::<4>(|pair| {
            // SAFETY: the rows of x are readable, and there is room for the elements.
            unsafe {
                let word = row.pair(column + 2 * pair as u32);
                ptx::store_shared(target + 4 * pair as u32, word);
            }
        });
    }

    /// Waits until the next stage is filled, for all threads.
    #[inline(always)]
    pub fn next(&mut self) {
        ptx::wait_for_copies();
        ptx::sync_first::<THREADS>();
        self.read = if self.read + 1 == STAGES { 0 } else { self.read + 1 };
    }

    /// Half of the calling lane's 16 elements of its row of a tile, of a step of the stage.
    ///
    /// # Safety
    /// The stage is filled.
    #[inline(always)]
    pub unsafe fn load(&self, tile: u32, step: u32, half: u32) -> [u32; 4] {
        let (group, thread) = group_and_thread(lane_id());
        let row = tile * TILE_ROWS + group;
        let column = step * STEP_COLUMNS + Row::SPAN * thread + Row::SPAN / 2 * half;
        let at = self.shared + self.read * Self::BYTES + row * STAGE_ROW_BYTES + 2 * column;
        // SAFETY: the elements are inside the stage, on a multiple of 16 bytes.
        unsafe { ptx::load_shared_wide(at) }
    }
}
