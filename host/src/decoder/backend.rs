//! The device that does the work of a decoder.

use wcodec_cpu::CpuBackend;

/// A device, opened.
#[derive(Debug)]
pub enum Backend {
    Cpu(CpuBackend),
    #[cfg(feature = "gpu")]
    Gpu(crate::gpu::GpuDecoder),
}
