//! y = x Wᵀ for a packed W and very many rows of x: unpacked in pieces, which a dense product takes.
#![allow(unsafe_code)]

use super::kernels::GpuPackedKernels;
use super::multiply::RawProduct;
use super::rows::RawRows;
use crate::gpu::driver::RawStream;
use crate::{Error, Result};
use wcodec_codec::packed::{BLOCK_ROWS, Shape};

/// Some rows of a matrix, unpacked, for a dense product.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct DensePiece {
    /// The weights.
    pub weights: RawRows,
    /// What they are multiplied with: rows of as many columns.
    pub x: RawRows,
    /// Room for the result: a row for each row of x, a number for each row of weights.
    pub y: RawRows,
    /// The address of BF16 numbers, one for each row of weights, to add to each row of the result.
    pub bias: Option<u64>,
}

/// Rows of x up to which multiplying by packed weights was the faster way, on an H200: of the numbers
/// that were measured (64, 128, 256 and more) the largest where it was.
const MOST_PACKED_ROWS: u32 = 128;

impl GpuPackedKernels {
    /// Rows of x up to which [`GpuPackedKernels::launch_multiply`] is the faster way. With more,
    /// [`GpuPackedKernels::launch_multiply_unpacked`] is, if its dense product is as fast as
    /// cuBLAS'. It was measured on an H200, and is the same for all devices.
    pub fn most_packed_rows(&self) -> u32 {
        MOST_PACKED_ROWS
    }

    /// Starts to multiply the rows of `x`, however many: by the packed matrix up to
    /// [`GpuPackedKernels::most_packed_rows`], and with more by pieces that are unpacked to the
    /// workspace, which `dense` multiplies.
    ///
    /// # Errors
    /// As [`GpuPackedKernels::launch_multiply_unpacked`], whatever way is taken.
    ///
    /// # Safety
    /// As [`GpuPackedKernels::launch_multiply_unpacked`].
    pub unsafe fn launch_multiply_any(
        &self,
        product: &RawProduct<'_>,
        x: RawRows,
        workspace: (u64, u64),
        stream: RawStream,
        dense: impl FnMut(DensePiece) -> Result<()>,
    ) -> Result<()> {
        piece_rows(product.matrix.shape(), workspace.1)?;
        // SAFETY: the caller's conditions.
        unsafe {
            if x.shape().rows() <= self.most_packed_rows() {
                self.launch_multiply(std::slice::from_ref(product), x, stream)
            } else {
                self.launch_multiply_unpacked(product, x, workspace, stream, dense)
            }
        }
    }

    /// Starts to multiply the rows of `x` by a matrix that is unpacked for it, as many of its rows
    /// at a time as the workspace holds (an address of the device, 16-byte aligned, and bytes). For
    /// each of these pieces `dense` starts a product, on the same stream. Nothing is allocated,
    /// copied or waited for, but for what `dense` does.
    ///
    /// Pieces are about equal. On an H200 they were fastest from 64 MiB on. Sums are taken as the
    /// dense product takes them, in another order than [`GpuPackedKernels::launch_multiply`]'s.
    ///
    /// # Errors
    /// As [`GpuPackedKernels::launch_multiply`]; [`Error::InvalidArgument`] where the workspace does
    /// not hold 16 rows; those of `dense`.
    ///
    /// # Safety
    /// As [`GpuPackedKernels::launch_multiply`]; the workspace is writable by work on `stream` until
    /// the work is done, and overlaps nothing else.
    pub unsafe fn launch_multiply_unpacked(
        &self,
        product: &RawProduct<'_>,
        x: RawRows,
        (workspace, bytes): (u64, u64),
        stream: RawStream,
        mut dense: impl FnMut(DensePiece) -> Result<()>,
    ) -> Result<()> {
        self.check(product, x)?;
        let shape = product.matrix.shape();
        let rows = piece_rows(shape, bytes)?;
        let mut first = 0;
        while first < shape.rows() {
            let end = first.saturating_add(rows).min(shape.rows());
            let piece = piece(product, x, workspace, first..end)?;
            // SAFETY: the workspace has room for the rows; the rest is the caller's condition.
            unsafe { product.matrix.launch_unpack(first..end, piece.weights, stream) }?;
            dense(piece)?;
            first = end;
        }
        Ok(())
    }
}

/// Rows of a piece where there are several: a multiple of this has no tile of a dense product that
/// is not full.
const TILE: u64 = 256;

/// Rows of a piece: a multiple of those of a block. Pieces are about equal.
fn piece_rows(shape: Shape, bytes: u64) -> Result<u32> {
    let row_bytes = 2 * u64::from(shape.columns().max(1));
    let blocks = bytes / row_bytes / u64::from(BLOCK_ROWS);
    if blocks == 0 {
        return Err(Error::InvalidArgument(format!(
            "a workspace of {bytes} bytes, {} are needed for {BLOCK_ROWS} rows",
            row_bytes * u64::from(BLOCK_ROWS)
        )));
    }
    let all = u64::from(shape.blocks().max(1));
    let pieces = all.div_ceil(blocks);
    let equal = all.div_ceil(pieces);
    let tiles = equal.next_multiple_of(TILE / u64::from(BLOCK_ROWS));
    let blocks = if tiles <= blocks { tiles.min(all) } else { equal };
    Ok((blocks as u32).saturating_mul(BLOCK_ROWS))
}

/// The piece of some rows, unpacked to the workspace.
fn piece(
    product: &RawProduct<'_>,
    x: RawRows,
    workspace: u64,
    rows: std::ops::Range<u32>,
) -> Result<DensePiece> {
    let (columns, height) = (u64::from(x.shape().columns()), u64::from(rows.end - rows.start));
    let at = |address: u64| address + 2 * u64::from(rows.start);
    let (y, n) = (product.y, u64::from(x.shape().rows()));
    Ok(DensePiece {
        weights: RawRows::new(workspace, height, columns, columns)?,
        x,
        y: RawRows::new(at(y.address()), n, height, y.stride())?,
        bias: product.bias.map(at),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_blocks_that_the_workspace_holds() {
        let shape = Shape::new(100, 50).unwrap();
        assert_eq!(piece_rows(shape, 1600).unwrap(), 16);
        assert_eq!(piece_rows(shape, 3199).unwrap(), 16);
        assert_eq!(piece_rows(shape, 3200).unwrap(), 32);
        assert_eq!(piece_rows(shape, u64::MAX).unwrap(), 112);
        // Seven blocks by four would be four and three.
        assert_eq!(piece_rows(shape, 4 * 1600).unwrap(), 64);
        assert_eq!(piece_rows(shape, 6 * 1600).unwrap(), 64);
        let shape = Shape::new(14_336, 50).unwrap();
        assert_eq!(piece_rows(shape, 100 * 14_336 / 3).unwrap(), 3584);
        assert_eq!(piece_rows(shape, 100 * 5000).unwrap(), 4864);
        let error = piece_rows(shape, 1599).unwrap_err();
        assert!(error.to_string().contains("1600 are needed"), "{error}");
    }
}
