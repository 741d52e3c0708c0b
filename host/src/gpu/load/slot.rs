//! Device memory for the compressed bytes of one group at a time.

use crate::Result;
use crate::gpu::decode::GpuDecoder;
use crate::gpu::driver::{DeviceMemory, GpuEvent};

/// Room for a group's blobs.
pub struct Slot {
    pub blobs: DeviceMemory,
    /// The group that was in it last is decoded, and the room is free.
    pub decoded: GpuEvent,
}

impl Slot {
    pub fn new(gpu: &GpuDecoder, len: u64) -> Result<Self> {
        let blobs = DeviceMemory::uninitialised(gpu.context(), len)?;
        Ok(Self { blobs, decoded: GpuEvent::new(gpu.context())? })
    }
}
