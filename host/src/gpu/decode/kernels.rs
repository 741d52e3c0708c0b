//! The kernels that decode, and their launches.
#![allow(unsafe_code)]

use crate::Result;
use crate::gpu::driver::{Argument, GpuContext, GpuKernel, Image, Launch, RawStream};
use std::collections::BTreeMap;
use wcodec_kernels::launch::{
    BLOCK_WARPS, Kernel, TRANSPOSE_KERNEL, TRANSPOSE_SHARED_BYTES, TRANSPOSE_WARPS,
};

/// The decode kernels, loaded into a context.
pub struct DecodeKernels {
    by_name: BTreeMap<&'static str, GpuKernel>,
    transpose: GpuKernel,
    multiprocessors: u32,
    /// Bytes of shared memory of each multiprocessor.
    shared_bytes: u32,
}

impl DecodeKernels {
    /// Finds all kernels.
    pub fn find(context: &GpuContext) -> Result<Self> {
        let shared_bytes = context.shared_bytes();
        let find = |kernel: &Kernel| {
            let most = kernel.most_shared_bytes(shared_bytes);
            Ok((kernel.name, GpuKernel::find(context, Image::Decode, kernel.name, most)?))
        };
        let by_name = Kernel::ALL.iter().map(find).collect::<Result<_>>()?;
        let (image, shared) = (Image::Decode, TRANSPOSE_SHARED_BYTES);
        let transpose = GpuKernel::find(context, image, TRANSPOSE_KERNEL, shared)?;
        Ok(Self { by_name, transpose, multiprocessors: context.multiprocessors(), shared_bytes })
    }

    /// Launches a kernel: `blocks` blocks, with the addresses of the first task, the tables and the
    /// statuses.
    ///
    /// # Safety
    /// As the entry points in `gpu-kernels/src/kernels.rs`; the stream is one of the kernels'
    /// context.
    pub unsafe fn launch(
        &self,
        kernel: &Kernel,
        blocks: u32,
        addresses: [u64; 3],
        stream: RawStream,
    ) -> Result<()> {
        let blocks_each = blocks.div_ceil(self.multiprocessors.max(1));
        let launch = Launch {
            blocks: [blocks, 1, 1],
            threads: 32 * BLOCK_WARPS,
            shared_bytes: kernel.shared_bytes(self.shared_bytes, blocks_each),
            overlaps: false,
            stream,
        };
        let arguments = addresses.each_ref().map(Argument::new);
        // SAFETY: every decode kernel takes three addresses; the rest is the caller's condition.
        unsafe { self.by_name[kernel.name].launch(launch, &arguments) }
    }

    /// Launches the kernel that restores rows, with the address of the first task.
    ///
    /// # Safety
    /// As [`DecodeKernels::launch`].
    pub unsafe fn launch_transpose(
        &self,
        blocks: u32,
        tasks: u64,
        stream: RawStream,
    ) -> Result<()> {
        let launch = Launch {
            blocks: [blocks, 1, 1],
            threads: 32 * TRANSPOSE_WARPS,
            shared_bytes: TRANSPOSE_SHARED_BYTES,
            overlaps: false,
            stream,
        };
        // SAFETY: the kernel takes an address; the rest is the caller's condition.
        unsafe { self.transpose.launch(launch, &[Argument::new(&tasks)]) }
    }
}
