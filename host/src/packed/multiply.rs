//! y = x Wᵀ for a packed W, on the CPU.

use super::matrix::{PackedMatrix, PackedView};
use super::rows::WeightRows;
use super::steps::for_each_fragment;
use crate::memory::resize;
use crate::panic::catch_panic;
use crate::{Error, Result};
use rayon::prelude::*;
use wcodec_codec::packed::fragment::place;
use wcodec_codec::packed::{BLOCK_ROWS, Form, PARTS, STEP_COLUMNS, add_parts, bf16, part_steps};

impl PackedMatrix {
    /// Multiplies each row of `x` with each row of the matrix, adds the `bias`, a BF16 number for
    /// each row of the matrix, and rounds to BF16: a row of results for each row of `x`.
    ///
    /// Sums are F32, in an order that depends on nothing but the shape: see
    /// [`wcodec_codec::packed::PARTS`].
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where `x` has another number of columns than the matrix, or
    /// `bias` of numbers than it has rows; [`Error::OutOfMemory`].
    pub fn multiply(&self, x: &WeightRows<'_>, bias: Option<&[u8]>) -> Result<Vec<u8>> {
        self.view().multiply(x, bias)
    }
}

impl PackedView<'_> {
    /// As [`PackedMatrix::multiply`].
    ///
    /// # Errors
    /// As [`PackedMatrix::multiply`].
    pub fn multiply(&self, x: &WeightRows<'_>, bias: Option<&[u8]>) -> Result<Vec<u8>> {
        let (columns, rows) = (self.shape().columns(), u64::from(self.shape().rows()));
        if x.shape().columns() != columns {
            return Err(Error::InvalidArgument(format!(
                "x has {} columns, the matrix {columns}",
                x.shape().columns()
            )));
        }
        if bias.is_some_and(|bias| bias.len() as u64 != 2 * rows) {
            let reason = format!("the bias of {rows} rows has {} bytes", 2 * rows);
            return Err(Error::InvalidArgument(reason));
        }
        catch_panic("multiply", || multiply(*self, x, bias))
    }
}

/// A sum for each row of a block, added up side by side.
type Block = [f32; BLOCK_ROWS as usize];

/// Multiplies, a block of rows of the matrix at a time.
fn multiply(matrix: PackedView<'_>, x: &WeightRows<'_>, bias: Option<&[u8]>) -> Result<Vec<u8>> {
    let (rows, n) = (matrix.shape().rows() as usize, x.shape().rows() as usize);
    let mut y = Vec::new();
    resize(&mut y, 2 * rows as u64 * n as u64, "a product")?;
    let blocks = (0..matrix.shape().blocks()).into_par_iter();
    let results: Vec<Vec<Block>> = blocks.map(|block| multiply_block(matrix, block, x)).collect();
    for (row, y) in y.chunks_exact_mut(2 * rows.max(1)).enumerate() {
        for (column, y) in y.chunks_exact_mut(2).enumerate() {
            let mut sum = results[column / BLOCK_ROWS as usize][row][column % BLOCK_ROWS as usize];
            if let Some(bias) = bias {
                sum += bf16::widen(u16::from_le_bytes([bias[2 * column], bias[2 * column + 1]]));
            }
            y.copy_from_slice(&bf16::round(sum).to_le_bytes());
        }
    }
    Ok(y)
}

/// The results of a block of rows of the matrix, for each row of x.
fn multiply_block(matrix: PackedView<'_>, block: u32, x: &WeightRows<'_>) -> Vec<Block> {
    let n = x.shape().rows();
    let parts: Vec<Vec<Block>> =
        (0..PARTS).map(|part| multiply_part(matrix, block, part, x)).collect();
    let result = |row: u32| -> Block {
        std::array::from_fn(|at| {
            let sum = add_parts(std::array::from_fn(|part| parts[part][row as usize][at]));
            sum + exceptions(matrix, block * BLOCK_ROWS + at as u32, x, row)
        })
    };
    (0..n).map(result).collect()
}

/// The sums over one part of the columns.
fn multiply_part(matrix: PackedView<'_>, block: u32, part: u32, x: &WeightRows<'_>) -> Vec<Block> {
    let mut sums = vec![[0.0; BLOCK_ROWS as usize]; x.shape().rows() as usize];
    let (first, after) = part_steps(part, matrix.shape().steps());
    let mut weights = [[0.0; BLOCK_ROWS as usize]; STEP_COLUMNS as usize];
    for step in first..after {
        read_step(matrix, block, step, &mut weights);
        let first = step * STEP_COLUMNS;
        let columns = STEP_COLUMNS.min(x.shape().columns() - first);
        for (row, sums) in sums.iter_mut().enumerate() {
            for (weights, column) in weights.iter().zip(first..first + columns) {
                let x = bf16::widen(x.get(row as u32, column));
                // A product of two BF16 numbers is exact in F32, so that it is the same whether
                // or not it is fused with the addition.
                sums.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += weight * x);
            }
        }
    }
    sums
}

/// The values of a step's weights, rows side by side.
fn read_step(
    matrix: PackedView<'_>,
    block: u32,
    step: u32,
    weights: &mut [Block; STEP_COLUMNS as usize],
) {
    let is_whole = matrix.form() == Form::Whole;
    let multiplier = if is_whole { 1.0 } else { bf16::widen(matrix.scale().multiplier()) };
    for_each_fragment(matrix.form(), matrix.step(block, step), |lane, fragment, codes| {
        for (register, codes) in codes.into_iter().enumerate() {
            for half in 0..2 {
                let (row, column) = place(lane, fragment, register as u32, half);
                let code = bf16::widen((codes >> (16 * half)) as u16);
                weights[column as usize][row as usize] = code * multiplier;
            }
        }
    });
}

/// The sum of a row's exceptions, from the first column to the last.
fn exceptions(matrix: PackedView<'_>, row: u32, x: &WeightRows<'_>, x_row: u32) -> f32 {
    let product = |exception: wcodec_codec::packed::Exception| {
        exception.value() * bf16::widen(x.get(x_row, exception.column))
    };
    matrix.row_exceptions(row).fold(0.0, |sum, exception| sum + product(exception))
}
