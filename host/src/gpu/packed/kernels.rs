//! The kernels of packed matrices, loaded into a context.
#![allow(unsafe_code)]

use crate::Result;
use crate::gpu::driver::{Argument, GpuContext, GpuKernel, GpuStream, Image, Launch, RawStream};
use bytemuck::Pod;
use std::collections::BTreeMap;
use std::sync::Arc;
use wcodec_kernels::packed::launch::{
    GATHER_WARPS, Kernel, MultiplyKernel, PACK_WARPS, SCAN_THREADS, SURVEY_SHARED_BYTES,
    SURVEY_THREADS, is_newer,
};

/// The kernels that pack, unpack and multiply matrices, in one context. Clones share them.
#[derive(Clone)]
pub struct GpuPackedKernels {
    context: GpuContext,
    by_name: Arc<BTreeMap<&'static str, GpuKernel>>,
    stream: Arc<GpuStream>,
}

impl std::fmt::Debug for GpuPackedKernels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GpuPackedKernels").field("context", &self.context).finish_non_exhaustive()
    }
}

impl GpuPackedKernels {
    /// Loads them into a context.
    ///
    /// # Errors
    /// [`crate::Error::NoGpu`] where the device is too old; [`crate::Error::Gpu`].
    pub fn new(context: &GpuContext) -> Result<Self> {
        let find = |(name, shared_bytes)| {
            Ok((name, GpuKernel::find(context, Image::Packed, name, shared_bytes)?))
        };
        let multiply = MultiplyKernel::for_capability(context.capability());
        let capability = context.capability();
        let multiply = multiply.map(|kernel| (kernel.name, kernel.shared_bytes(capability)));
        let others = Kernel::ALL.iter().map(|kernel| (kernel.name(), kernel.shared_bytes()));
        let by_name = others.chain(multiply).map(find).collect::<Result<_>>()?;
        let stream = Arc::new(GpuStream::new(context)?);
        Ok(Self { context: context.clone(), by_name: Arc::new(by_name), stream })
    }

    /// The context that they are loaded into.
    pub fn context(&self) -> &GpuContext {
        &self.context
    }

    /// A stream of their own, on which matrices are packed.
    pub fn stream(&self) -> &GpuStream {
        &self.stream
    }

    /// Launches a kernel that does not multiply, one thing after another.
    ///
    /// # Safety
    /// As the kernel's; the argument is the one that it takes.
    pub(super) unsafe fn launch<T: Pod>(
        &self,
        kernel: Kernel,
        units: u32,
        argument: &T,
        stream: RawStream,
    ) -> Result<()> {
        let (blocks, threads) = match kernel {
            Kernel::Survey => (units, SURVEY_THREADS),
            Kernel::Scan => (1, SCAN_THREADS),
            Kernel::GatherFast => (units.div_ceil(GATHER_WARPS), 32 * GATHER_WARPS),
            _ => (units, 32 * PACK_WARPS),
        };
        let launch = Launch {
            blocks: [blocks, 1, 1],
            threads,
            shared_bytes: kernel.shared_bytes(),
            overlaps: false,
            stream,
        };
        // SAFETY: the caller's condition.
        unsafe { self.by_name[kernel.name()].launch(launch, &[Argument::new(argument)]) }
    }

    /// Launches a kernel that multiplies.
    ///
    /// # Safety
    /// As the kernel's; `argument` is a `Multiply`.
    pub(super) unsafe fn launch_product<T: Pod>(
        &self,
        kernel: &MultiplyKernel,
        groups: u32,
        n: u32,
        argument: &T,
        stream: RawStream,
    ) -> Result<()> {
        let launch = Launch {
            blocks: kernel.grid(groups, n),
            threads: kernel.threads(),
            shared_bytes: kernel.shared_bytes(self.context.capability()),
            // There the kernels wait for the one before them by themselves.
            overlaps: is_newer(self.context.capability()),
            stream,
        };
        // SAFETY: the caller's condition.
        unsafe { self.by_name[kernel.name].launch(launch, &[Argument::new(argument)]) }
    }

    /// Returns whether one is surveyed by this many blocks: as many as the device holds at a time.
    pub(super) fn survey_blocks(&self, rows: u32) -> u32 {
        let warps = SURVEY_THREADS / 32;
        let held = self.context.multiprocessors()
            * (self.context.shared_bytes() / (SURVEY_SHARED_BYTES + 1024))
                .clamp(1, 2048 / SURVEY_THREADS);
        rows.div_ceil(warps).clamp(1, held.max(1))
    }
}
