//! y = x Wᵀ where each row of y names its own packed W, in memory of the caller's.
#![allow(unsafe_code)]

use super::kernels::GpuPackedKernels;
use super::raw::RawPackedMatrix;
use super::rows::RawRows;
use crate::gpu::driver::{DeviceMemory, RawStream};
use crate::packed::rows_of_one;
use crate::{Error, Result};
use wcodec_codec::packed::{Form, Shape};
use wcodec_kernels::packed::launch::{Expert, MultiplyExperts, MultiplyKernel};

/// A table of packed matrices of one shape, of which rows name their own. The matrices lie in memory
/// that the caller vouches for.
pub struct RawExperts {
    kernels: GpuPackedKernels,
    /// The matrices as the kernels take them, by their numbers.
    table: DeviceMemory,
    shape: Shape,
    count: u32,
    /// Those that some matrix has.
    forms: Vec<Form>,
}

impl std::fmt::Debug for RawExperts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RawExperts")
            .field("count", &self.count)
            .field("shape", &self.shape)
            .finish_non_exhaustive()
    }
}

impl RawExperts {
    /// The matrices, whose numbers are their places. Each may be of another form.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where there is none, they are of several shapes or contexts, or
    /// they are more than 2^31; [`Error::OutOfMemory`]; [`Error::Gpu`].
    ///
    /// # Safety
    /// Whatever is launched with this has the condition that the matrices stay readable, where and
    /// as they are, until that work is done.
    pub unsafe fn new(
        kernels: &GpuPackedKernels,
        matrices: &[RawPackedMatrix<'_>],
    ) -> Result<Self> {
        let Some(shape) = matrices.first().map(RawPackedMatrix::shape) else {
            return Err(Error::InvalidArgument("there is no matrix".into()));
        };
        for matrix in matrices {
            kernels.context().check_same(matrix.kernels().context(), "a matrix", "the kernels")?;
        }
        let are_alike = matrices.iter().all(|matrix| matrix.shape() == shape);
        let count = u32::try_from(matrices.len()).ok().filter(|&n| u64::from(n) <= Shape::MAX);
        let (true, Some(count)) = (are_alike, count) else {
            let reason = "the matrices are of several shapes, or too many".to_owned();
            return Err(Error::InvalidArgument(reason));
        };
        let has = |form: &Form| matrices.iter().any(|matrix| matrix.form() == *form);
        let forms = Form::ALL.into_iter().filter(has).collect();
        let expert = |matrix: &RawPackedMatrix<'_>| Expert {
            matrix: matrix.on_device(),
            form: matrix.form() as u32,
            padding: 0,
        };
        let experts: Vec<Expert> = matrices.iter().map(expert).collect();
        let bytes: &[u8] = bytemuck::cast_slice(&experts);
        let table = DeviceMemory::uninitialised(kernels.context(), bytes.len() as u64)?;
        table.write(0, bytes)?;
        Ok(Self { kernels: kernels.clone(), table, shape, count, forms })
    }

    /// The kernels that they are multiplied with.
    pub fn kernels(&self) -> &GpuPackedKernels {
        &self.kernels
    }

    /// Rows and columns of each.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Matrices that there are.
    pub fn count(&self) -> u32 {
        self.count
    }

    pub(super) fn table(&self) -> &DeviceMemory {
        &self.table
    }

    /// Starts to multiply: row `i` of y is that of the matrix which number `i` names with row
    /// `i / k` of x, where y has `k` times as many rows as x. Rows whose number no matrix has are
    /// not written. Nothing is allocated, copied or waited for: the numbers are read on the device,
    /// and may be made by work that was started before.
    ///
    /// Each row has the bits that it has alone.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where rows or columns do not fit, or the numbers cannot lie at
    /// their address; [`Error::Gpu`].
    ///
    /// # Safety
    /// `x`, and from `numbers` on 32 bits for each row of y, are readable by work on `stream`, a
    /// stream of this context, y is writable and overlaps nothing else, and this is not dropped,
    /// all of that until the work is done. (In a graph: each time until its launch is done.)
    pub unsafe fn launch_multiply(
        &self,
        x: RawRows,
        numbers: u64,
        y: RawRows,
        stream: RawStream,
    ) -> Result<()> {
        let rows_of_one = self.check(x, numbers, y)?;
        let n = y.shape().rows();
        if n == 0 || self.shape.rows() == 0 {
            return Ok(());
        }
        let capability = self.kernels.context().capability();
        let device = (capability, self.kernels.context().multiprocessors());
        let (blocks, count) = (self.shape.blocks(), self.count);
        for &form in &self.forms {
            let kernel = MultiplyKernel::of_experts(form, (n, count), blocks, device);
            let argument = MultiplyExperts {
                experts: self.table.address(),
                numbers,
                x: x.rows(),
                y: y.rows(),
                n,
                rows_of_one,
                count,
                is_by_row: (n <= count).into(),
                places: kernel.places(capability),
            };
            let groups = blocks.div_ceil(kernel.blocks);
            let grid = MultiplyKernel::experts_grid(groups, n.min(count));
            // SAFETY: the table has the matrices; the rest is the caller's condition.
            unsafe { self.kernels.launch_product(kernel, grid, &argument, stream) }?;
        }
        Ok(())
    }

    /// Checks that all fits, and gives the rows of y that have one row of x.
    fn check(&self, x: RawRows, numbers: u64, y: RawRows) -> Result<u32> {
        let (x, y) = (x.shape(), y.shape());
        if (x.columns(), y.columns()) != (self.shape.columns(), self.shape.rows()) {
            return Err(Error::InvalidArgument(format!(
                "x has {} columns and y {}, the matrices are {} × {}",
                x.columns(),
                y.columns(),
                self.shape.rows(),
                self.shape.columns()
            )));
        }
        if numbers == 0 || !numbers.is_multiple_of(4) {
            return Err(Error::InvalidArgument("numbers cannot lie at their address".into()));
        }
        rows_of_one(y.rows().into(), x.rows())
    }
}
