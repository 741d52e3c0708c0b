//! The checks of bytes from elsewhere.

use super::matrix::PackedView;
use super::steps::for_each_fragment;
use wcodec_codec::packed::fragment::{place, position};
use wcodec_codec::packed::{BLOCK_ROWS, Exception, STEP_COLUMNS};

/// Checks that row starts rise from 0 to the number of exceptions, that those of a row are in the
/// order of columns that the matrix has, that each is a BF16 number whose place is empty, and that
/// rows and columns beyond the matrix are zero. Says what does not hold.
pub fn verify(matrix: PackedView<'_>) -> Result<(), String> {
    let rows = matrix.shape().blocks() * BLOCK_ROWS;
    if matrix.form().has_exceptions() {
        if matrix.row_start(0) != 0 || matrix.row_start(rows) != matrix.layout().exceptions {
            return Err("its row starts do not span its exceptions".into());
        }
        if let Some(row) = (0..rows).find(|&row| matrix.row_start(row) > matrix.row_start(row + 1))
        {
            return Err(format!("the start of row {row} is after that of the next"));
        }
        (0..rows).try_for_each(|row| verify_row(matrix, row))?;
    }
    (0..matrix.shape().blocks()).try_for_each(|block| verify_edges(matrix, block))
}

fn verify_row(matrix: PackedView<'_>, row: u32) -> Result<(), String> {
    let mut next = 0;
    for Exception { column, weight } in matrix.row_exceptions(row) {
        let is_inside = column < matrix.shape().columns() && row < matrix.shape().rows();
        let is_new = u64::from(column) >= next;
        if !is_inside || !is_new || weight & 0xFFFF != 0 || code_at(matrix, row, column) != 0 {
            return Err(format!("an exception in row {row} is not what one can be"));
        }
        next = u64::from(column) + 1;
    }
    Ok(())
}

/// The code in a place.
fn code_at(matrix: PackedView<'_>, row: u32, column: u32) -> u16 {
    let (lane, fragment, register, half) = position(row % BLOCK_ROWS, column % STEP_COLUMNS);
    let step = matrix.step(row / BLOCK_ROWS, column / STEP_COLUMNS);
    let mut code = 0;
    for_each_fragment(matrix.form(), step, |of_lane, number, codes| {
        if (of_lane, number) == (lane, fragment) {
            code = (codes[register as usize] >> (16 * half)) as u16;
        }
    });
    code
}

/// Checks the steps of a block that reach beyond the matrix.
fn verify_edges(matrix: PackedView<'_>, block: u32) -> Result<(), String> {
    let (rows, columns) = (matrix.shape().rows(), matrix.shape().columns());
    let short_rows = (block + 1) * BLOCK_ROWS > rows;
    let whole_steps = columns / STEP_COLUMNS;
    let first = if short_rows { 0 } else { whole_steps };
    for step in first..matrix.shape().steps() {
        let mut is_empty = true;
        for_each_fragment(matrix.form(), matrix.step(block, step), |lane, fragment, codes| {
            for (register, half) in (0..8).map(|at| (at / 2, at % 2)) {
                let (row, column) = place(lane, fragment, register, half);
                let is_beyond =
                    block * BLOCK_ROWS + row >= rows || step * STEP_COLUMNS + column >= columns;
                is_empty &= !is_beyond || codes[register as usize] >> (16 * half) & 0xFFFF == 0;
            }
        });
        if !is_empty {
            return Err(format!("block {block} has weights beyond the matrix"));
        }
    }
    Ok(())
}
