//! Restores the rows of a transposed tensor from its columns, a rectangle a block, by way of shared
//! memory: so both are read and written in runs of neighbours.

use crate::launch::{TRANSPOSE_WARPS, TransposeTask};
use core::num::NonZeroU32;
use cuda_std::{shared, thread};

const LANES: u32 = 32;

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
        let columns = smaller(task.chunk_columns, task.rect_columns - left);
        // There are some; said so, dividing by them leaves no panic in the kernel.
        let Some(columns) = NonZeroU32::new(columns) else { return };
        let mut top = 0;
        while top < task.rect_rows {
            let rows = smaller(task.chunk_rows, task.rect_rows - top);
            let chunk = Chunk { left, top, columns, rows };
            // SAFETY: the chunk is in the rectangle; all threads of the block come here.
            unsafe {
                chunk.read::<T>(task);
                thread::sync_threads();
                chunk.write::<T>(task);
                thread::sync_threads();
            }
            top += task.chunk_rows;
        }
        left += task.chunk_columns;
    }
}

fn smaller(a: u32, b: u32) -> u32 {
    if a < b { a } else { b }
}

/// A part of the rectangle that fits shared memory.
struct Chunk {
    left: u32,
    top: u32,
    columns: NonZeroU32,
    rows: u32,
}

impl Chunk {
    /// The distance of two columns in shared memory: odd, so that the elements of a row are in
    /// different banks.
    #[inline(always)]
    fn stride(&self) -> u32 {
        self.rows | 1
    }

    /// Copies columns to shared memory, each by a warp.
    #[inline(always)]
    unsafe fn read<T: Copy>(&self, task: &TransposeTask) {
        let staged = shared::dynamic_shared_mem::<T>();
        let mut column = thread::thread_idx_x() / LANES;
        while column < self.columns.get() {
            let first = u64::from(self.left + column) * u64::from(task.rows);
            let mut row = thread::thread_idx_x() % LANES;
            while row < self.rows {
                // SAFETY: inside the chunk, which is in the rectangle and fits shared memory.
                unsafe {
                    let from =
                        (task.from as *const T).add((first + u64::from(self.top + row)) as usize);
                    *staged.add((column * self.stride() + row) as usize) = *from;
                }
                row += LANES;
            }
            column += TRANSPOSE_WARPS;
        }
    }

    /// Copies rows from shared memory: each by a warp where they are wide; where they are narrow
    /// and whole, they follow each other.
    #[inline(always)]
    unsafe fn write<T: Copy>(&self, task: &TransposeTask) {
        if self.columns.get() > LANES {
            let mut row = thread::thread_idx_x() / LANES;
            while row < self.rows {
                let mut column = thread::thread_idx_x() % LANES;
                while column < self.columns.get() {
                    // SAFETY: inside the chunk.
                    unsafe { self.write_element::<T>(task, row, column) };
                    column += LANES;
                }
                row += TRANSPOSE_WARPS;
            }
        } else {
            let mut element = thread::thread_idx_x();
            while element < self.rows * self.columns.get() {
                let (row, column) = (element / self.columns, element % self.columns);
                // SAFETY: inside the chunk.
                unsafe { self.write_element::<T>(task, row, column) };
                element += TRANSPOSE_WARPS * LANES;
            }
        }
    }

    #[inline(always)]
    unsafe fn write_element<T: Copy>(&self, task: &TransposeTask, row: u32, column: u32) {
        let staged = shared::dynamic_shared_mem::<T>();
        let to =
            u64::from(self.top + row) * u64::from(task.columns) + u64::from(self.left + column);
        // SAFETY: inside the chunk, which is in the rectangle and fits shared memory.
        unsafe {
            *(task.to as *mut T).add(to as usize) =
                *staged.add((column * self.stride() + row) as usize);
        }
    }
}
