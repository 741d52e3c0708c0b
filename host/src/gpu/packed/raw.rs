//! A packed matrix at an address of the device.
#![allow(unsafe_code)]

use super::kernels::GpuPackedKernels;
use super::matrix::GpuPackedMatrix;
use crate::gpu::driver::{RawStream, start_copy_on_device};
use crate::packed::Description;
use crate::{Error, Result};
use wcodec_codec::packed::{Form, Layout, Scale, Shape};
use wcodec_kernels::packed::launch::DeviceMatrix;

/// A packed matrix in device memory that the caller vouches for, or of a [`GpuPackedMatrix`].
#[derive(Clone, Copy)]
pub struct RawPackedMatrix<'a> {
    kernels: &'a GpuPackedKernels,
    address: u64,
    layout: Layout,
    scale: Scale,
}

/// The least alignment of a matrix, that of the copies which fetch it.
const ALIGNMENT: u64 = 16;

impl<'a> RawPackedMatrix<'a> {
    /// A matrix that lies from an address of the device on, 16-byte aligned.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for another address.
    ///
    /// # Safety
    /// Whatever is launched with it has the condition that its bytes are a packed matrix of this
    /// description, as [`GpuPackedMatrix::launch_copy`] writes them or
    /// [`PackedView::parse`](crate::packed::PackedView::parse) found them to be, and stay readable
    /// and as they are until that work is done.
    pub unsafe fn new(
        kernels: &'a GpuPackedKernels,
        address: u64,
        description: Description,
    ) -> Result<Self> {
        let Description { layout, scale } = description;
        let is_inside = address.checked_add(layout.len()).is_some();
        if address == 0 || !address.is_multiple_of(ALIGNMENT) || !is_inside {
            let reason = format!("a packed matrix cannot lie at the address {address:#x}");
            return Err(Error::InvalidArgument(reason));
        }
        Ok(Self { kernels, address, layout, scale })
    }

    /// The kernels that it is multiplied with.
    pub fn kernels(&self) -> &'a GpuPackedKernels {
        self.kernels
    }

    /// Rows and columns.
    pub fn shape(&self) -> Shape {
        self.layout.shape
    }

    /// The form of its weights.
    pub fn form(&self) -> Form {
        self.layout.form
    }

    /// As the kernels take it.
    pub(super) fn on_device(&self) -> DeviceMatrix {
        DeviceMatrix::new(self.address, &self.layout, self.scale)
    }
}

impl<'a> From<&'a GpuPackedMatrix> for RawPackedMatrix<'a> {
    fn from(matrix: &'a GpuPackedMatrix) -> Self {
        let address = matrix.memory.address();
        Self { kernels: &matrix.kernels, address, layout: matrix.layout, scale: matrix.scale }
    }
}

impl GpuPackedMatrix {
    /// All that there is to know beside the bytes.
    pub fn description(&self) -> Description {
        Description { layout: self.layout, scale: self.scale }
    }

    /// Starts to copy the matrix, as it lies, to [`GpuPackedMatrix::byte_len`] bytes at an address
    /// of the device.
    ///
    /// # Errors
    /// [`Error::Gpu`].
    ///
    /// # Safety
    /// The bytes are writable by work on `stream`, a stream of the kernels' context, until that
    /// work is done, and overlap nothing of this; this matrix is not dropped before.
    pub unsafe fn launch_copy(&self, address: u64, stream: RawStream) -> Result<()> {
        let _current = self.kernels.context().enter()?;
        // SAFETY: the memory is as long as the layout; the rest is the caller's condition.
        unsafe { start_copy_on_device(address, self.memory.address(), self.layout.len(), stream) }
    }
}
