//! The bands of transposed tensors as tasks of the kernel that restores rows.

use super::jobs::{PLAN, too_many_tiles};
use super::planned::{Place, PlannedTensor};
use crate::Result;
use crate::memory::reserve;
use wcodec_codec::format::Band;
use wcodec_kernels::launch::{CHUNK_COLUMNS, TransposeTask};

/// Elements of a task: so many that a band, which may be short, has few, and that there are still
/// some for each multiprocessor.
const TASK_ELEMENTS: u32 = 1 << 15;

/// The tasks of all transposed tensors.
pub fn transposes(tensors: &[PlannedTensor<'_, '_>]) -> Result<Vec<TransposeTask>> {
    let numbered = || (0..).zip(tensors);
    let count = numbered().map(|(number, tensor)| of_tensor(number, tensor, |_| ())).sum();
    u32::try_from(count).map_err(|_| too_many_tiles())?;
    let mut tasks = reserve(count, PLAN)?;
    for (number, tensor) in numbered() {
        of_tensor(number, tensor, |task| tasks.push(task));
    }
    Ok(tasks)
}

/// Calls `take` with each task of a tensor, and counts them.
fn of_tensor(
    number: u32,
    tensor: &PlannedTensor<'_, '_>,
    mut take: impl FnMut(TransposeTask),
) -> u64 {
    let Some((order, columns, start)) = tensor.columns() else { return 0 };
    let mut count = 0;
    for band in order.bands(order.inside(&columns)) {
        let (from, to) = (start.wrapping_add(band.start), tensor.out.wrapping_add(band.start));
        for task in tasks_of(&band, TransposeTask { from, to, ..shape(&band, number) }) {
            take(task);
            count += 1;
        }
    }
    count
}

/// A task without a place.
fn shape(band: &Band, tensor: u32) -> TransposeTask {
    let chunk_columns = band.columns.min(CHUNK_COLUMNS).next_power_of_two();
    TransposeTask {
        from: 0,
        to: 0,
        rows: band.rows,
        columns: band.columns,
        rect_rows: 0,
        rect_columns: 0,
        chunk_columns_log2: chunk_columns.ilog2(),
        element_bytes: band.element_bytes.into(),
        tensor,
        padding: 0,
    }
}

/// Cuts a band into rectangles, each a task; `whole` is at the band's first element.
fn tasks_of(band: &Band, whole: TransposeTask) -> impl Iterator<Item = TransposeTask> {
    let &Band { rows, columns, element_bytes, .. } = band;
    let most_columns = (TASK_ELEMENTS / rows.min(TASK_ELEMENTS)).max(CHUNK_COLUMNS).min(columns);
    let most_rows = (TASK_ELEMENTS / most_columns).max(1);
    let lefts = (0..columns).step_by(most_columns as usize);
    let tops = move |left| (0..rows).step_by(most_rows as usize).map(move |top| (left, top));
    lefts.flat_map(tops).map(move |(left, top)| {
        let bytes = |elements: u64| elements * u64::from(element_bytes);
        let (row, column) = (u64::from(top), u64::from(left));
        let from = bytes(column * u64::from(rows) + row);
        let to = bytes(row * u64::from(columns) + column);
        TransposeTask {
            from: whole.from.wrapping_add(from),
            to: whole.to.wrapping_add(to),
            rect_rows: most_rows.min(rows - top),
            rect_columns: most_columns.min(columns - left),
            ..whole
        }
    })
}

/// Moves the addresses of a task by those of `by`.
pub fn move_transpose(task: &mut TransposeTask, by: Place) {
    task.from = task.from.wrapping_add(by.scratch);
    task.to = task.to.wrapping_add(by.out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use wcodec_kernels::launch::CHUNK_ELEMENTS;

    /// For each element of a band in its rows the offset of the same one in its columns.
    fn moved(band: &Band) -> Vec<Option<u64>> {
        let size = u64::from(band.element_bytes);
        let mut moved = vec![None; (band.rows * band.columns) as usize];
        for task in tasks_of(band, shape(band, 7)) {
            assert_eq!((task.tensor, task.element_bytes), (7, size as u32));
            for row in 0..u64::from(task.rect_rows) {
                for column in 0..u64::from(task.rect_columns) {
                    let from = task.from + (column * u64::from(task.rows) + row) * size;
                    let to = task.to + (row * u64::from(task.columns) + column) * size;
                    let place = &mut moved[(to / size) as usize];
                    assert_eq!(place.replace(from), None, "an element is restored twice");
                }
            }
        }
        moved
    }

    #[test]
    fn tasks_restore_each_element_of_a_band_once() {
        for (rows, columns) in [(2, 2), (1, 99), (3, 40_000), (40_000, 3), (700, 130), (64, 64)] {
            for element_bytes in [1, 8] {
                let band = Band { start: 0, rows, columns, element_bytes };
                let size = u64::from(element_bytes);
                for (place, from) in moved(&band).into_iter().enumerate() {
                    let (row, column) =
                        (place as u64 / u64::from(columns), place as u64 % u64::from(columns));
                    assert_eq!(from, Some((column * u64::from(rows) + row) * size), "{band:?}");
                }
            }
        }
    }

    /// As [`wcodec_kernels::launch::TRANSPOSE_SHARED_BYTES`] provides for.
    #[test]
    fn chunks_fit_shared_memory() {
        for columns in 1..200 {
            let task = shape(&Band { start: 0, rows: 1 << 20, columns, element_bytes: 8 }, 0);
            let chunk_columns = 1 << task.chunk_columns_log2;
            let elements = chunk_columns * (CHUNK_ELEMENTS / chunk_columns + 1);
            assert!(columns.min(CHUNK_COLUMNS) <= chunk_columns && chunk_columns <= CHUNK_COLUMNS);
            assert!(8 * elements <= wcodec_kernels::launch::TRANSPOSE_SHARED_BYTES, "{columns}");
        }
    }
}
