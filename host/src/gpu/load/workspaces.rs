//! The plans of a load, and the device memory that they work in.
#![allow(unsafe_code)]

use super::plans::{DeviceCopy, GroupPlan};
use crate::Result;
use crate::blob::CorruptTile;
use crate::gpu::decode::{GpuDecoder, aligned_offsets};
use crate::gpu::driver::{DeviceMemory, GpuStream, start_copy_on_device};

/// A plan for each group, each with a workspace of its own. They live until the device is done.
pub struct Workspaces {
    plans: Vec<GroupPlan>,
    memory: DeviceMemory,
    offsets: Vec<u64>,
}

impl Workspaces {
    /// Allocates the workspaces of these plans.
    pub fn new(gpu: &GpuDecoder, plans: Vec<GroupPlan>) -> Result<Self> {
        let lengths = plans.iter().map(|group| group.plan.workspace_len());
        let (offsets, len) = aligned_offsets(lengths);
        let memory = DeviceMemory::uninitialised(gpu.context(), len)?;
        Ok(Self { plans, memory, offsets })
    }

    /// The number of groups.
    pub fn groups(&self) -> usize {
        self.plans.len()
    }

    /// Starts to copy a group's plan on a stream: not the one that decodes, as the host would wait for
    /// what holds that up.
    pub fn upload(&self, group: usize, gpu: &GpuDecoder, stream: &GpuStream) -> Result<()> {
        let plan = &self.plans[group].plan;
        // SAFETY: the workspace is large enough, and the group's own.
        unsafe { gpu.upload_plan(plan, self.address(group), stream.raw()) }
    }

    fn address(&self, group: usize) -> u64 {
        self.memory.address() + self.offsets[group]
    }

    /// Starts to decode a group on a stream, and to copy from there what is copied.
    ///
    /// # Safety
    /// The group's plan, and its blobs, or as much of them as its tile rows own, are on the device
    /// before the stream goes on; nothing else uses the slot or the targets meanwhile.
    pub unsafe fn decode(&self, group: usize, gpu: &GpuDecoder, stream: &GpuStream) -> Result<()> {
        let GroupPlan { plan, copies } = &self.plans[group];
        let (workspace, stream) = (self.address(group), stream.raw());
        // SAFETY: the workspace holds the plan. Its addresses are in the slot and where the targets are, and the kernels stay inside what the fronts say
        // whatever the words are. The copies are from the slot to the targets, and the next group
        // in the slot is decoded after them, on the same stream.
        unsafe {
            gpu.launch(plan, workspace, stream)?;
            for &DeviceCopy { from, to, len } in copies {
                start_copy_on_device(to, from, len, stream)?;
            }
        }
        Ok(())
    }

    /// For each tensor the first corrupt tile, if it has one, once the device is done.
    pub fn corrupt_tiles(&self) -> Result<Vec<Option<CorruptTile>>> {
        let mut tiles = Vec::new();
        for (group, offset) in self.plans.iter().zip(&self.offsets) {
            let statuses = group.plan.statuses();
            let mut bytes = vec![0; (statuses.end - statuses.start) as usize];
            self.memory.read(offset + statuses.start, &mut bytes)?;
            tiles.extend(group.plan.corrupt_tiles(&bytes));
        }
        Ok(tiles)
    }
}
