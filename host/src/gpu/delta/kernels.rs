//! The kernels of deltas, and their launches.
#![allow(unsafe_code)]

use crate::Result;
use crate::gpu::driver::{Argument, GpuContext, GpuKernel, Image, Launch, RawStream};
use wcodec_kernels::delta::launch::{
    DeltaKernel, DeltaLaunch, SEGMENT_SHARED_BYTES, SEGMENT_THREADS,
};

/// The kernels of deltas, loaded into a context.
pub struct DeltaKernels([GpuKernel; DeltaKernel::ALL.len()]);

impl DeltaKernels {
    /// Finds all kernels.
    pub fn find(context: &GpuContext) -> Result<Self> {
        let find = |kernel: DeltaKernel| {
            GpuKernel::find(context, Image::Decode, kernel.name(), SEGMENT_SHARED_BYTES)
        };
        let [check, copy_rows, change, copy_and_change, add] = DeltaKernel::ALL.map(find);
        Ok(Self([check?, copy_rows?, change?, copy_and_change?, add?]))
    }

    /// Launches a kernel, unless it has nothing to do.
    ///
    /// # Safety
    /// As the kernel's; the stream is one of the kernels' context.
    pub unsafe fn launch(
        &self,
        kernel: DeltaKernel,
        blocks: u32,
        arguments: &DeltaLaunch,
        stream: RawStream,
    ) -> Result<()> {
        let launch = Launch {
            blocks: [blocks, 1, 1],
            threads: SEGMENT_THREADS,
            shared_bytes: SEGMENT_SHARED_BYTES,
            overlaps: false,
            stream,
        };
        // SAFETY: each of them takes this argument; the rest is the caller's condition.
        unsafe { self.0[kernel as usize].launch(launch, &[Argument::new(arguments)]) }
    }
}
