//! Device memory for one group at a time.

use crate::Result;
use crate::gpu::decode::GpuDecoder;
use crate::gpu::driver::{DeviceMemory, GpuEvent};

/// Room for a group's blobs, for decoded bytes that are copied from here, and for coded planes.
pub struct Slot {
    pub blobs: DeviceMemory,
    pub scratch: DeviceMemory,
    /// The group that was in it last is decoded and copied, and the room is free.
    pub decoded: GpuEvent,
}

impl Slot {
    pub fn new(gpu: &GpuDecoder, blobs: u64, scratch: u64) -> Result<Self> {
        let blobs = DeviceMemory::uninitialised(gpu.context(), blobs)?;
        // A coded plane there is read in whole units of 16 bytes, the last of which may end after it.
        let scratch = DeviceMemory::new(gpu.context(), scratch)?;
        Ok(Self { blobs, scratch, decoded: GpuEvent::new(gpu.context())? })
    }

    /// Returns whether a group fits that takes as much.
    pub fn holds(&self, blobs: u64, scratch: u64) -> bool {
        self.blobs.len() >= blobs && self.scratch.len() >= scratch
    }
}
