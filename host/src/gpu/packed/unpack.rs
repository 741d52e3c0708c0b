//! From a packed matrix back to BF16 weights in device memory.
#![allow(unsafe_code)]

use super::matrix::GpuPackedMatrix;
use super::raw::RawPackedMatrix;
use super::rows::{GpuRows, RawRows};
use super::safe::use_all;
use crate::gpu::driver::{GpuStream, RawStream};
use crate::{Error, Result};
use std::ops::Range;
use wcodec_codec::packed::{BLOCK_ROWS, Form, Shape};
use wcodec_kernels::packed::launch::{self, Kernel};

impl GpuPackedMatrix {
    /// Starts to unpack all weights, to the bit, to rows of `out`; does not wait.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where `out` has other rows or columns, or anything is of another
    /// context; [`Error::Gpu`].
    pub fn unpack(&self, out: &GpuRows<'_>, stream: &GpuStream) -> Result<()> {
        RawPackedMatrix::from(self).check_rows(0..self.shape().rows(), out.shape())?;
        use_all(&mut [out.memory, &*self.memory], stream, || {
            // SAFETY: the rows are in the memory, which is used in turn with its other uses; the
            // streams' contexts were checked.
            unsafe { self.launch_unpack(0..self.shape().rows(), out.raw, stream.raw()) }
        })
    }

    /// As [`RawPackedMatrix::launch_unpack`].
    ///
    /// # Errors
    /// As [`RawPackedMatrix::launch_unpack`].
    ///
    /// # Safety
    /// As [`RawPackedMatrix::launch_unpack`]; this matrix is not dropped before the work is done.
    pub unsafe fn launch_unpack(
        &self,
        rows: Range<u32>,
        out: RawRows,
        stream: RawStream,
    ) -> Result<()> {
        // SAFETY: the caller's condition.
        unsafe { RawPackedMatrix::from(self).launch_unpack(rows, out, stream) }
    }
}

impl RawPackedMatrix<'_> {
    /// Starts to unpack a range of rows to rows of `out`: nothing is allocated, nothing waited for.
    /// From sm_90 on the packed bytes are read before the work that was started before is done.
    /// The range begins with a multiple of 16, and ends with one or with the last row.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where the range is none of those, or `out` has other rows or
    /// columns; [`Error::Gpu`].
    ///
    /// # Safety
    /// `out` is writable by work on `stream`, a stream of the kernels' context, until that work is
    /// done.
    pub unsafe fn launch_unpack(
        &self,
        rows: Range<u32>,
        out: RawRows,
        stream: RawStream,
    ) -> Result<()> {
        self.check_rows(rows.clone(), out.shape())?;
        if rows.is_empty() || self.shape().columns() == 0 {
            return Ok(());
        }
        let first_block = rows.start / BLOCK_ROWS;
        let kernel = match self.form() {
            Form::Whole => Kernel::UnpackWhole,
            _ => Kernel::UnpackFast,
        };
        let blocks = rows.end.div_ceil(BLOCK_ROWS) - first_block;
        let (matrix, out) = (self.on_device(), out.rows());
        let argument = launch::Unpack { matrix, out, first_block, blocks };
        let grid = launch::Unpack::grid(blocks, self.shape().steps());
        // SAFETY: the matrix has the blocks, `out` their rows; the rest is the caller's condition.
        unsafe { self.kernels().launch(kernel, grid, &argument, stream) }
    }

    fn check_rows(&self, rows: Range<u32>, out: Shape) -> Result<()> {
        let shape = self.shape();
        let ends = rows.end == shape.rows()
            || rows.end.is_multiple_of(BLOCK_ROWS) && rows.end < shape.rows();
        if !rows.start.is_multiple_of(BLOCK_ROWS) || rows.start > rows.end || !ends {
            return Err(Error::InvalidArgument(format!(
                "rows {rows:?} of {}: a range begins with a multiple of {BLOCK_ROWS}, and ends \
                 with one or with the last row",
                shape.rows()
            )));
        }
        let found = (out.rows(), out.columns());
        if found != (rows.end - rows.start, shape.columns()) {
            return Err(Error::InvalidArgument(format!(
                "{} rows of {} weights are unpacked to as many, {} rows of {} were given",
                rows.end - rows.start,
                shape.columns(),
                found.0,
                found.1
            )));
        }
        Ok(())
    }
}
