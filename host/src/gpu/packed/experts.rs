//! y = x Wᵀ where each row of y names its own packed W, in memory of ours.
#![allow(unsafe_code)]

use super::kernels::GpuPackedKernels;
use super::matrix::GpuPackedMatrix;
use super::raw::RawPackedMatrix;
use super::raw_experts::RawExperts;
use super::rows::{GpuRows, RawRows};
use super::safe::use_all;
use crate::gpu::driver::{DeviceMemory, GpuStream, RawStream};
use crate::{Error, Result};
use std::sync::Arc;
use wcodec_codec::packed::Shape;

/// Packed matrices of one shape in device memory, of which rows name their own: the experts of a
/// layer. Clones share them.
#[derive(Clone)]
pub struct GpuExperts {
    matrices: Arc<Vec<GpuPackedMatrix>>,
    raw: Arc<RawExperts>,
}

impl std::fmt::Debug for GpuExperts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GpuExperts")
            .field("count", &self.matrices.len())
            .field("shape", &self.shape())
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
        let raw: Vec<_> = matrices.iter().map(RawPackedMatrix::from).collect();
        // SAFETY: the matrices are held for as long as this is.
        let raw = Arc::new(unsafe { RawExperts::new(kernels, &raw) }?);
        Ok(Self { matrices: Arc::new(matrices), raw })
    }

    /// The matrices.
    pub fn matrices(&self) -> &[GpuPackedMatrix] {
        &self.matrices
    }

    /// Rows and columns of each.
    pub fn shape(&self) -> Shape {
        self.raw.shape()
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
        let context = self.raw.kernels().context();
        context.check_same(stream.context(), "the stream", "the kernels")?;
        let mut memories: Vec<&DeviceMemory> = vec![x.memory, numbers, y.memory, self.raw.table()];
        memories.extend(matrices());
        use_all(&mut memories, stream, || {
            // SAFETY: everything is in the memories, which are used in turn with their other uses
            // and waited for before they are freed; y overlaps nothing.
            unsafe { self.launch_multiply(x.raw, numbers.address(), y.raw, stream.raw()) }
        })
    }

    /// As [`RawExperts::launch_multiply`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # Safety
    /// As there; the matrices are these.
    pub unsafe fn launch_multiply(
        &self,
        x: RawRows,
        numbers: u64,
        y: RawRows,
        stream: RawStream,
    ) -> Result<()> {
        // SAFETY: the caller's condition.
        unsafe { self.raw.launch_multiply(x, numbers, y, stream) }
    }
}
