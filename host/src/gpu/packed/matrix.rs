//! A packed matrix in device memory.

use super::kernels::GpuPackedKernels;
use crate::gpu::driver::DeviceMemory;
use std::sync::Arc;
use wcodec_codec::packed::{Form, Layout, Scale, Shape};

/// A packed matrix in device memory. Clones share it.
#[derive(Clone)]
pub struct GpuPackedMatrix {
    pub(super) kernels: GpuPackedKernels,
    /// At least as long as the layout, which it holds; nothing writes to it.
    pub(super) memory: Arc<DeviceMemory>,
    pub(super) layout: Layout,
    pub(super) scale: Scale,
}

impl std::fmt::Debug for GpuPackedMatrix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GpuPackedMatrix").field("layout", &self.layout).finish_non_exhaustive()
    }
}

impl GpuPackedMatrix {
    /// The kernels that it was made with.
    pub fn kernels(&self) -> &GpuPackedKernels {
        &self.kernels
    }

    /// Rows and columns.
    pub fn shape(&self) -> Shape {
        self.layout.shape
    }

    /// How it is held: as was wished, or whole where that did not make it smaller.
    pub fn form(&self) -> Form {
        self.layout.form
    }

    /// Bytes that it takes.
    pub fn byte_len(&self) -> u64 {
        self.layout.len()
    }

    /// Weights that stand beside the form.
    pub fn exceptions(&self) -> u32 {
        self.layout.exceptions
    }
}
