//! Device memory for the compressed bytes of one group at a time.

use crate::Result;
use crate::gpu::decoder::GpuDecoder;
use crate::gpu::memory::DeviceMemory;
use crate::gpu::stream::GpuEvent;

/// Room for a group's blobs.
pub struct Slot {
    pub blobs: DeviceMemory,
    /// The group that was in it last is decoded, and the room is free.
    pub decoded: GpuEvent,
}

impl Slot {
    pub fn new(gpu: &GpuDecoder, len: u64) -> Result<Self> {
        Ok(Self { blobs: gpu.allocate(len)?, decoded: gpu.event()? })
    }
}
