//! The kernels of packed matrices, loaded into a context.
#![allow(unsafe_code)]

use crate::Result;
use crate::gpu::driver::{
    Argument, DeviceMemory, GpuContext, GpuKernel, GpuStream, Image, Launch, RawStream,
};
use bytemuck::Pod;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use wcodec_kernels::packed::launch::{
    GATHER_WARPS, Kernel, MultiplyKernel, PACK_WARPS, SCAN_THREADS, SURVEY_SHARED_BYTES,
    SURVEY_THREADS, UNPACK_WARPS, is_newer,
};

/// Workspaces that are kept.
const MOST_WORKSPACES: usize = 4;

/// The kernels that pack, unpack and multiply matrices, in one context. Clones share them.
#[derive(Clone)]
pub struct GpuPackedKernels {
    context: GpuContext,
    by_name: Arc<BTreeMap<&'static str, GpuKernel>>,
    stream: Arc<GpuStream>,
    /// Workspaces of matrices that were packed, for the next ones: to allocate one takes longer
    /// than to pack a small matrix.
    workspaces: Arc<Mutex<Vec<DeviceMemory>>>,
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
        let capability = context.capability();
        let multiply = MultiplyKernel::for_capability(capability)
            .chain(MultiplyKernel::experts_for_capability(capability));
        let multiply = multiply.map(|kernel| (kernel.name, kernel.shared_bytes(capability)));
        let others = Kernel::ALL.iter().map(|kernel| (kernel.name(), kernel.shared_bytes()));
        let by_name = others.chain(multiply).map(find).collect::<Result<_>>()?;
        let stream = Arc::new(GpuStream::new(context)?);
        let workspaces = Arc::default();
        Ok(Self { context: context.clone(), by_name: Arc::new(by_name), stream, workspaces })
    }

    /// The context that they are loaded into.
    pub fn context(&self) -> &GpuContext {
        &self.context
    }

    /// A stream of their own, on which matrices are packed.
    pub fn stream(&self) -> &GpuStream {
        &self.stream
    }

    /// A workspace of at least so many bytes, to which packing left zeros where it needs them.
    pub(super) fn take_workspace(&self, len: u64) -> Result<DeviceMemory> {
        let mut free = self.workspaces.lock().unwrap_or_else(PoisonError::into_inner);
        match free.iter().position(|workspace| workspace.len() >= len) {
            Some(place) => Ok(free.swap_remove(place)),
            None => DeviceMemory::new(&self.context, len),
        }
    }

    /// Keeps a workspace for the next matrix, unless there are some that are as long.
    pub(super) fn give_workspace(&self, workspace: DeviceMemory) {
        let mut free = self.workspaces.lock().unwrap_or_else(PoisonError::into_inner);
        free.push(workspace);
        // The longest ones, as many as threads are likely to pack at a time.
        free.sort_unstable_by_key(|workspace| std::cmp::Reverse(workspace.len()));
        free.truncate(MOST_WORKSPACES);
    }

    /// Launches a kernel that does not multiply.
    ///
    /// # Safety
    /// As the kernel's; the argument is the one that it takes.
    pub(super) unsafe fn launch<T: Pod>(
        &self,
        kernel: Kernel,
        blocks: [u32; 3],
        argument: &T,
        stream: RawStream,
    ) -> Result<()> {
        let threads = match kernel {
            Kernel::Survey => SURVEY_THREADS,
            Kernel::Scan => SCAN_THREADS,
            Kernel::GatherFast => 32 * GATHER_WARPS,
            Kernel::PackWhole | Kernel::PackFast => 32 * PACK_WARPS,
            Kernel::UnpackWhole | Kernel::UnpackFast => 32 * UNPACK_WARPS,
        };
        // All but the first of those that pack wait for the one before them by themselves.
        let overlaps = is_newer(self.context.capability()) && kernel.waits();
        let shared_bytes = kernel.shared_bytes();
        let launch = Launch { blocks, threads, shared_bytes, overlaps, stream };
        // SAFETY: the caller's condition.
        unsafe { self.by_name[kernel.name()].launch(launch, &[Argument::new(argument)]) }
    }

    /// Launches a kernel that multiplies.
    ///
    /// # Safety
    /// As the kernel's; the argument is the one that it takes.
    pub(super) unsafe fn launch_product<T: Pod>(
        &self,
        kernel: &MultiplyKernel,
        blocks: [u32; 3],
        argument: &T,
        stream: RawStream,
    ) -> Result<()> {
        let launch = Launch {
            blocks,
            threads: kernel.threads(),
            shared_bytes: kernel.shared_bytes(self.context.capability()),
            // There the kernels wait for the one before them by themselves.
            overlaps: is_newer(self.context.capability()),
            stream,
        };
        // SAFETY: the caller's condition.
        unsafe { self.by_name[kernel.name].launch(launch, &[Argument::new(argument)]) }
    }

    /// The blocks that survey so many steps: at most as many as the device holds at a time.
    pub(super) fn survey_blocks(&self, steps: u64) -> u32 {
        let warps = SURVEY_THREADS / 32;
        let held = self.context.multiprocessors()
            * (self.context.shared_bytes() / (SURVEY_SHARED_BYTES + 1024))
                .clamp(1, 2048 / SURVEY_THREADS);
        steps.div_ceil(warps.into()).clamp(1, held.max(1).into()) as u32
    }
}
