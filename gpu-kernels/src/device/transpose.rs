//! Restores the rows of a transposed tensor from its columns, a rectangle a block, by way of shared
//! memory: so both are read and written in runs of neighbours.

use crate::launch::{CHUNK_ELEMENTS, TRANSPOSE_WARPS, TransposeTask};
use cuda_std::{shared, thread};

const THREADS: u32 = 32 * TRANSPOSE_WARPS;
/// Elements that a thread moves at a time: all of them are asked for before the first arrives.
const MOVED: usize = 8;
/// The number of times that it does so in a chunk.
const ROUNDS: usize = CHUNK_ELEMENTS as usize / (THREADS as usize * MOVED);

/// Restores the block's rectangle.
///
/// # Safety
/// `tasks` has a task for each block, and every task's addresses have room for its rectangle. The
/// block has [`TRANSPOSE_WARPS`] whole warps and the dynamic shared memory that
/// [`crate::launch::TRANSPOSE_SHARED_BYTES`] says.
#[inline(always)]
pub unsafe fn run(tasks: *const TransposeTask) {
    // SAFETY: the block has a task.
    let task = unsafe { &*tasks.add(thread::block_idx_x() as usize) };
    // SAFETY: the caller's condition, for elements of the task's size.
    unsafe {
        match task.element_bytes {
            1 => restore::<u8>(task),
            2 => restore::<u16>(task),
            4 => restore::<u32>(task),
            _ => restore::<u64>(task),
        }
    }
}

/// Chunk after chunk of the rectangle.
#[inline(always)]
unsafe fn restore<T: Copy>(task: &TransposeTask) {
    let mut left = 0;
    while left < task.rect_columns {
        let mut top = 0;
        while top < task.rect_rows {
            let chunk = Chunk {
                left,
                top,
                columns: task.rect_columns - left,
                rows: task.rect_rows - top,
                columns_log2: task.chunk_columns_log2,
                rows_log2: CHUNK_ELEMENTS.trailing_zeros() - task.chunk_columns_log2,
            };
            // SAFETY: the chunk begins in the rectangle; all threads of the block come here.
            unsafe {
                chunk.read::<T>(task);
                thread::sync_threads();
                chunk.write::<T>(task);
                thread::sync_threads();
            }
            top += 1 << chunk.rows_log2;
        }
        left += 1 << task.chunk_columns_log2;
    }
}

/// A part of the rectangle that fits shared memory.
struct Chunk {
    /// Its first column and row.
    left: u32,
    top: u32,
    /// Columns and rows of the rectangle from there on, which may be fewer than the chunk's.
    columns: u32,
    rows: u32,
    columns_log2: u32,
    rows_log2: u32,
}

impl Chunk {
    /// The place of an element in shared memory. The distance of two columns is odd, so that the
    /// elements of a row are in different banks.
    #[inline(always)]
    unsafe fn staged<T>(&self, column: u32, row: u32) -> *mut T {
        // SAFETY: a chunk with an element more in each column fits shared memory.
        unsafe {
            shared::dynamic_shared_mem::<T>()
                .add((column * ((1 << self.rows_log2) + 1) + row) as usize)
        }
    }

    /// Copies columns to shared memory: neighbouring threads have neighbours in a column. Beyond the
    /// rectangle its last elements are read again, as loads that may be left out wait for each
    /// other.
    #[inline(always)]
    unsafe fn read<T: Copy>(&self, task: &TransposeTask) {
        let (last_column, last_row) = (self.columns - 1, self.rows - 1);
        for first in 0..ROUNDS {
            let place = |step: usize| {
                let element = thread::thread_idx_x() + (first * MOVED + step) as u32 * THREADS;
                (element >> self.rows_log2, element & ((1 << self.rows_log2) - 1))
            };
            let elements: [T; MOVED] = core::array::from_fn(|step| {
                let (column, row) = place(step);
                let column = self.left + smaller(column, last_column);
                let row = self.top + smaller(row, last_row);
                let at = u64::from(column) * u64::from(task.rows) + u64::from(row);
                // SAFETY: inside the rectangle.
                unsafe { *(task.from as *const T).add(at as usize) }
            });
            for step in 0..MOVED {
                let (column, row) = place(step);
                // SAFETY: inside the chunk.
                unsafe { *self.staged(column, row) = elements[step] };
            }
        }
    }

    /// Copies rows from shared memory: neighbouring threads have neighbours in a row.
    #[inline(always)]
    unsafe fn write<T: Copy>(&self, task: &TransposeTask) {
        for first in 0..ROUNDS {
            let place = |step: usize| {
                let element = thread::thread_idx_x() + (first * MOVED + step) as u32 * THREADS;
                (element & ((1 << self.columns_log2) - 1), element >> self.columns_log2)
            };
            let elements: [T; MOVED] = core::array::from_fn(|step| {
                let (column, row) = place(step);
                // SAFETY: inside the chunk.
                unsafe { *self.staged(column, row) }
            });
            for step in 0..MOVED {
                let (column, row) = place(step);
                if column < self.columns && row < self.rows {
                    let at = u64::from(self.top + row) * u64::from(task.columns)
                        + u64::from(self.left + column);
                    // SAFETY: inside the rectangle.
                    unsafe { *(task.to as *mut T).add(at as usize) = elements[step] };
                }
            }
        }
    }
}

fn smaller(a: u32, b: u32) -> u32 {
    if a < b { a } else { b }
}
