//! y = x Wᵀ where each row of y names its own packed W.
#![allow(unsafe_code)]

use super::kernels::GpuPackedKernels;
use super::matrix::GpuPackedMatrix;
use super::rows::{GpuRows, RawRows};
use super::safe::use_all;
use crate::gpu::driver::{DeviceMemory, GpuStream, RawStream};
use crate::packed::rows_of_one;
use crate::{Error, Result};
use std::sync::Arc;
use wcodec_codec::packed::{Form, Shape};
use wcodec_kernels::packed::launch::{Expert, MultiplyExperts, MultiplyKernel};

/// Packed matrices of one shape in device memory, of which rows name their own: the experts of a
/// layer. Clones share them.
#[derive(Clone)]
pub struct GpuExperts {
    kernels: GpuPackedKernels,
    matrices: Arc<Vec<GpuPackedMatrix>>,
    /// The matrices as the kernels take them, by their numbers.
    table: Arc<DeviceMemory>,
    shape: Shape,
}

impl std::fmt::Debug for GpuExperts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GpuExperts")
            .field("count", &self.matrices.len())
            .field("shape", &self.shape)
            .finish_non_exhaustive()
    }
}

impl GpuExperts {
    /// The matrices, whose numbers are their places. Each may be of another form.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where there is none, they are of several shapes or contexts, or
    /// they are more than 2^31; [`Error::OutOfMemory`]; [`Error::Gpu`].
    pub fn new(kernels: &GpuPackedKernels, matrices: Vec<GpuPackedMatrix>) -> Result<Self> {
        let Some(shape) = matrices.first().map(GpuPackedMatrix::shape) else {
            return Err(Error::InvalidArgument("there is no matrix".into()));
        };
        for matrix in &matrices {
            kernels.context().check_same(matrix.kernels().context(), "a matrix", "the kernels")?;
        }
        let are_alike = matrices.iter().all(|matrix| matrix.shape() == shape);
        if !are_alike || matrices.len() as u64 > Shape::MAX {
            let reason = "the matrices are of several shapes, or too many".to_owned();
            return Err(Error::InvalidArgument(reason));
        }
        let expert = |matrix: &GpuPackedMatrix| Expert {
            matrix: matrix.on_device(),
            form: matrix.form() as u32,
            padding: 0,
        };
        let experts: Vec<Expert> = matrices.iter().map(expert).collect();
        let bytes: &[u8] = bytemuck::cast_slice(&experts);
        let table = DeviceMemory::uninitialised(kernels.context(), bytes.len() as u64)?;
        table.write(0, bytes)?;
        let (kernels, matrices, table) = (kernels.clone(), Arc::new(matrices), Arc::new(table));
        Ok(Self { kernels, matrices, table, shape })
    }

    /// The matrices.
    pub fn matrices(&self) -> &[GpuPackedMatrix] {
        &self.matrices
    }

    /// Rows and columns of each.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// As [`GpuExperts::launch_multiply`], with numbers from the start of the memory on, after all
    /// that was started before with any of the memory, on any stream.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where rows or columns do not fit, the memory of the numbers is too
    /// short, anything is of another context, or y lies in memory that something else lies in;
    /// [`Error::Gpu`].
    pub fn multiply(
        &self,
        x: &GpuRows<'_>,
        numbers: &DeviceMemory,
        y: &GpuRows<'_>,
        stream: &GpuStream,
    ) -> Result<()> {
        let needed = 4 * u64::from(y.shape().rows());
        if numbers.len() < needed {
            let reason = format!("{} bytes of numbers, {needed} are needed", numbers.len());
            return Err(Error::InvalidArgument(reason));
        }
        let is_y = |memory: &DeviceMemory| std::ptr::eq(y.memory, memory);
        let matrices = || self.matrices.iter().map(|matrix| &*matrix.memory);
        if is_y(x.memory) || is_y(numbers) || matrices().any(is_y) {
            let reason = "y shares its memory with x, the numbers or a matrix";
            return Err(Error::InvalidArgument(reason.into()));
        }
        self.kernels.context().check_same(stream.context(), "the stream", "the kernels")?;
        let mut memories: Vec<&DeviceMemory> = vec![x.memory, numbers, y.memory, &*self.table];
        memories.extend(matrices());
        use_all(&mut memories, stream, || {
            // SAFETY: everything is in the memories, which are used in turn with their other uses
            // and waited for before they are freed; y overlaps nothing.
            unsafe { self.launch_multiply(x.raw, numbers.address(), y.raw, stream.raw()) }
        })
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
        let count = self.matrices.len() as u32;
        for form in Form::ALL {
            if self.matrices.iter().all(|matrix| matrix.form() != form) {
                continue;
            }
            let device = (capability, self.kernels.context().multiprocessors());
            let blocks = self.shape.blocks();
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
