//! The plan of a batch: the input of the kernels.
//!
//! Plain data, made without a device.

use super::jobs::JobOf;
use super::plan_bytes::PlanBytes;
use super::planned::{Place, PlannedTensor};
use super::tasks::move_task;
use super::transposes::move_transpose;
use super::workspace::{Workspace, part};
use crate::blob::CorruptTile;
use crate::gpu::driver::GpuContext;
use crate::{Error, Result};
use bytemuck::{AnyBitPattern, NoUninit};
use rayon::prelude::*;
use std::ops::Range;
use wcodec_kernels::launch::{INTACT, Kernel, TileTask, TransposeTask};

/// The data that the launches which decode some tensors read, and a list of those launches.
///
/// The kernels work with a *workspace* on the device, which begins as [`GpuPlan::as_bytes`]. All
/// that they change are the statuses in it. It takes 96 bytes for each tile, rounded up to whole
/// blocks (to one for each tile, in a launch of so few that they are spread over the GPU), and
/// 16 KiB for each different table that a tile has.
pub struct GpuPlan {
    bytes: PlanBytes,
    workspace: Workspace,
    places: Vec<Place>,
}

impl GpuPlan {
    /// Plans to decode some tensors, in one launch for each kernel that they need; before those in
    /// one for each kernel that their coded raw planes need, and after them in one that restores
    /// the rows of transposed tensors.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where a tensor does not have its tile rows;
    /// [`Error::OutOfMemory`].
    pub fn new(tensors: &[PlannedTensor<'_, '_>]) -> Result<Self> {
        tensors.iter().try_for_each(PlannedTensor::check)?;
        let (workspace, bytes) = Workspace::of(tensors)?;
        let place = |&PlannedTensor { blob, out, scratch, .. }: &PlannedTensor| Place {
            blob,
            out,
            scratch,
        };
        let places = tensors.iter().map(place);
        let places = places.collect();
        Ok(Self { bytes: PlanBytes::Pageable(bytes), workspace, places })
    }

    /// The content of the workspace before the first launch.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.as_slice()
    }

    /// Moves the plan to pinned memory, from where it is copied to the device without waiting.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; [`Error::Gpu`].
    pub fn pin(&mut self, context: &GpuContext) -> Result<()> {
        self.bytes.pin(context)
    }

    /// Changes where the plan's tensors lie, so that it need not be made anew for other memory. It
    /// is to be copied to its workspace again.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where there are more places than tensors, or fewer.
    pub fn relocate(&mut self, places: &[Place]) -> Result<()> {
        if places.len() != self.places.len() {
            let (given, tensors) = (places.len(), self.places.len());
            let reason = format!("{given} places for a plan of {tensors} tensors");
            return Err(Error::InvalidArgument(reason));
        }
        let moved: Vec<Place> = std::iter::zip(places, &self.places)
            .map(|(to, from)| Place {
                blob: to.blob.wrapping_sub(from.blob),
                out: to.out.wrapping_sub(from.out),
                scratch: to.scratch.wrapping_sub(from.scratch),
            })
            .collect();
        let Self { bytes, workspace, .. } = self;
        let (bytes, Workspace { jobs, tasks, transposes, .. }) = (bytes.as_mut_slice(), workspace);
        change_each(part(bytes, tasks), |task: &mut TileTask| {
            let tensor = jobs[task.job as usize].tensor;
            move_task(task, moved[tensor as usize]);
        });
        change_each(part(bytes, transposes), |task: &mut TransposeTask| {
            move_transpose(task, moved[task.tensor as usize]);
        });
        self.places.copy_from_slice(places);
        Ok(())
    }

    /// The places of the plan's tensors.
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// Bytes of the workspace.
    pub fn workspace_len(&self) -> u64 {
        self.as_bytes().len() as u64
    }

    /// The place of the statuses in the workspace: 32 bits for each tensor, and for each raw plane
    /// that is coded.
    pub fn statuses(&self) -> Range<u64> {
        self.workspace.statuses.clone()
    }

    /// For each tensor the first corrupt tile, if it has one, from the bytes at
    /// [`GpuPlan::statuses`].
    pub fn corrupt_tiles(&self, statuses: &[u8]) -> Vec<Option<CorruptTile>> {
        let mut tiles = vec![None; self.places.len()];
        let statuses = statuses.as_chunks().0.iter().map(|&status| u32::from_le_bytes(status));
        for (tile, &JobOf { tensor, plane }) in statuses.zip(&self.workspace.jobs) {
            let corrupt = (tile != INTACT).then_some(CorruptTile { plane, tile });
            // A tensor's raw planes come before its own tiles, as where a CPU decodes it.
            let first = &mut tiles[tensor as usize];
            *first = first.or(corrupt);
        }
        tiles
    }

    /// The numbers of the statuses of some of the plan's tensors.
    pub(in crate::gpu) fn statuses_of(&self, tensors: Range<u32>) -> Range<u32> {
        let jobs = &self.workspace.jobs;
        let before = |tensor: u32| jobs.partition_point(|job| job.tensor < tensor) as u32;
        before(tensors.start)..before(tensors.end)
    }

    /// The tensor that the status of this number is of, and the tile that it names where it is
    /// `tile`.
    pub(in crate::gpu) fn corrupt_tile(&self, status: u32, tile: u32) -> (u32, CorruptTile) {
        let JobOf { tensor, plane } = self.workspace.jobs[status as usize];
        (tensor, CorruptTile { plane, tile })
    }

    /// The number of blocks that restore rows, after all launches, and the address of their tasks,
    /// for a workspace at this address.
    pub(super) fn transposes(&self, workspace: u64) -> Option<(u32, u64)> {
        self.workspace.transposes(workspace)
    }

    /// Each kernel with its number of blocks and the addresses that it takes, for a workspace at
    /// this address.
    pub(super) fn launches(
        &self,
        workspace: u64,
    ) -> impl Iterator<Item = (&Kernel, u32, [u64; 3])> {
        self.workspace.launches(workspace)
    }
}

/// Changes each of the tasks that lie in these bytes.
fn change_each<T: AnyBitPattern + NoUninit>(bytes: &mut [u8], change: impl Fn(&mut T) + Sync) {
    bytes.par_chunks_exact_mut(size_of::<T>()).for_each(|bytes| {
        let mut task: T = bytemuck::pod_read_unaligned(bytes);
        change(&mut task);
        bytes.copy_from_slice(bytemuck::bytes_of(&task));
    });
}

#[cfg(test)]
mod tests;
