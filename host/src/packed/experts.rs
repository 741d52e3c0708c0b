//! y = x Wᵀ where each row of y names its own W, on the CPU.

use super::matrix::PackedMatrix;
use super::rows::WeightRows;
use crate::memory::{append, resize};
use crate::{Error, Result};

/// Multiplies rows of `x` by matrices of one shape: row `i` of the result is that of matrix
/// `numbers[i]` with row `i / k` of x, where there are `k` times as many numbers as x has rows.
/// Rows whose number no matrix has are zero.
///
/// Each row has the bits that [`PackedMatrix::multiply`] gives it.
///
/// # Errors
/// [`Error::InvalidArgument`] where the matrices are of several shapes, or there is no such `k`;
/// those of [`PackedMatrix::multiply`].
pub fn multiply_experts(
    matrices: &[&PackedMatrix],
    x: &WeightRows<'_>,
    numbers: &[u32],
) -> Result<Vec<u8>> {
    let Some(first) = matrices.first() else {
        return Err(Error::InvalidArgument("there is no matrix".into()));
    };
    if matrices.iter().any(|matrix| matrix.shape() != first.shape()) {
        return Err(Error::InvalidArgument("the matrices are of several shapes".into()));
    }
    let rows_of_one = rows_of_one(numbers.len() as u64, x.shape().rows())?;
    let row_bytes = 2 * first.shape().rows() as usize;
    let mut y = Vec::new();
    resize(&mut y, row_bytes as u64 * numbers.len() as u64, "a product")?;
    for (number, matrix) in (0..).zip(matrices) {
        let named = || (0..).zip(numbers).filter(|&(_, &other)| other == number).map(|(at, _)| at);
        let mut taken = Vec::new();
        for row in named() {
            append(&mut taken, x.row(row / rows_of_one), "rows of x")?;
        }
        let count = named().count() as u64;
        let taken = WeightRows::new(&taken, count, x.shape().columns().into())?;
        let results = matrix.multiply(&taken, None)?;
        for (row, result) in named().zip(results.chunks_exact(row_bytes.max(1))) {
            y[row as usize * row_bytes..][..row_bytes].copy_from_slice(result);
        }
    }
    Ok(y)
}

/// How many rows of y have one row of x.
pub(crate) fn rows_of_one(y: u64, x: u32) -> Result<u32> {
    let x = u64::from(x);
    let rows = y.checked_div(x).unwrap_or(1);
    match u32::try_from(rows) {
        Ok(rows) if u64::from(rows) * x == y && (rows > 0 || y == x) => Ok(rows.max(1)),
        _ => Err(Error::InvalidArgument(format!(
            "{y} rows name matrices for {x} rows of x: a multiple of those is needed"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_y_are_a_multiple_of_those_of_x() {
        let rows = |y, x| rows_of_one(y, x).ok();
        assert_eq!([rows(8, 1), rows(8, 8), rows(0, 0)], [Some(8), Some(1), Some(1)]);
        assert_eq!([rows(8, 3), rows(3, 8), rows(0, 3), rows(3, 0), rows(1 << 40, 1)], [None; 5]);
    }
}
