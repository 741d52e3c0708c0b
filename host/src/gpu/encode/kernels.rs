//! The kernels that encode, and their launches.
#![allow(unsafe_code)]

use crate::Result;
use crate::gpu::driver::{Argument, GpuContext, GpuKernel, Image, Launch, RawStream};
use wcodec_kernels::encode::launch::{EncodeLaunch, Kernel};

/// The kernels that encode, loaded into a context.
pub struct EncodeKernels(Vec<GpuKernel>);

impl EncodeKernels {
    /// Finds all kernels.
    pub fn find(context: &GpuContext) -> Result<Self> {
        let find = |kernel: Kernel| {
            GpuKernel::find(context, Image::Encode, kernel.name(), kernel.shared_bytes())
        };
        let found = Kernel::ALL.map(find).into_iter().collect::<Result<Vec<_>>>()?;
        Ok(Self(found))
    }

    /// Launches a kernel, unless it has nothing to do.
    ///
    /// # Safety
    /// As the kernel's; the stream is one of the kernels' context.
    pub unsafe fn launch(
        &self,
        kernel: Kernel,
        blocks: u32,
        arguments: &EncodeLaunch,
        stream: RawStream,
    ) -> Result<()> {
        let launch = Launch {
            blocks: [blocks, 1, 1],
            threads: kernel.threads(),
            shared_bytes: kernel.shared_bytes(),
            overlaps: false,
            stream,
        };
        // SAFETY: each of them takes this argument; the rest is the caller's condition.
        unsafe { self.0[kernel as usize].launch(launch, &[Argument::new(arguments)]) }
    }
}
