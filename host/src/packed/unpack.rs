//! From a packed matrix back to rows of weights.

use super::matrix::{PackedMatrix, PackedView};
use super::steps::for_each_fragment;
use crate::Result;
use crate::memory::resize;
use crate::panic::catch_panic;
use rayon::prelude::*;
use wcodec_codec::packed::fragment::{decode, place};
use wcodec_codec::packed::{BLOCK_ROWS, Form, STEP_COLUMNS};

impl PackedMatrix {
    /// The weights, row by row, little-endian.
    ///
    /// # Errors
    /// [`crate::Error::OutOfMemory`].
    pub fn unpack(&self) -> Result<Vec<u8>> {
        self.view().unpack()
    }
}

impl PackedView<'_> {
    /// As [`PackedMatrix::unpack`].
    ///
    /// # Errors
    /// As [`PackedMatrix::unpack`].
    pub fn unpack(&self) -> Result<Vec<u8>> {
        catch_panic("unpack", || unpack(*self))
    }
}

fn unpack(matrix: PackedView<'_>) -> Result<Vec<u8>> {
    let (row_bytes, mut out) = (2 * matrix.shape().columns() as usize, Vec::new());
    resize(&mut out, 2 * matrix.shape().weights(), "the weights of a packed matrix")?;
    let block_bytes = row_bytes.saturating_mul(BLOCK_ROWS as usize).max(1);
    out.par_chunks_mut(block_bytes)
        .enumerate()
        .for_each(|(block, rows)| unpack_block(matrix, block as u32, row_bytes, rows));
    Ok(out)
}

fn unpack_block(matrix: PackedView<'_>, block: u32, row_bytes: usize, rows: &mut [u8]) {
    let columns = matrix.shape().columns();
    let mut put = |row: u32, column: u32, weight: u16| {
        let at = row as usize * row_bytes + 2 * column as usize;
        // The last rows and columns of steps may be beyond those of the matrix.
        if column < columns && at < rows.len() {
            rows[at..at + 2].copy_from_slice(&weight.to_le_bytes());
        }
    };
    for step in 0..matrix.shape().steps() {
        for_each_fragment(matrix.form(), matrix.step(block, step), |lane, fragment, codes| {
            for (register, codes) in codes.into_iter().enumerate() {
                let weights = if matrix.form() == Form::Whole {
                    codes
                } else {
                    decode(codes, matrix.scale())
                };
                for half in 0..2 {
                    let (row, column) = place(lane, fragment, register as u32, half);
                    put(row, step * STEP_COLUMNS + column, (weights >> (16 * half)) as u16);
                }
            }
        });
    }
    for row in 0..BLOCK_ROWS {
        for exception in matrix.row_exceptions(block * BLOCK_ROWS + row) {
            put(row, exception.column, exception.bits());
        }
    }
}
