//! One load: the pieces in progress, and the completion of groups.
#![allow(unsafe_code)]

use super::groups::Piece;
use super::plans::{DeviceCopy, GroupPlan};
use super::slot::Slot;
use super::tensors::{Checksum, Front};
use crate::blob::CorruptTile;
use crate::gpu::decode::{GpuDecoder, aligned_offsets};
use crate::gpu::driver::{DeviceMemory, GpuContext, GpuStream, start_copy_on_device};
use crate::progress::{Progress, proceed};
use crate::{BlobSource, Result};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

/// The decoder, slots and stream of a load.
#[derive(Clone, Copy)]
pub struct Device<'a> {
    pub gpu: &'a GpuDecoder,
    /// A slot for each group, taken in turns.
    pub slots: &'a [Slot],
    /// The stream that decodes.
    pub decoding: &'a GpuStream,
}

/// The state shared by the readers of one load.
pub struct Run<'a> {
    device: Device<'a>,
    source: &'a dyn BlobSource,
    fronts: &'a [Front],
    pieces: Vec<Piece>,
    progress: &'a dyn Progress,
    /// The next piece to be taken.
    next: AtomicUsize,
    /// For each group the number of pieces whose copies have not been started.
    left: Vec<AtomicUsize>,
    plans: &'a [GroupPlan],
    /// The plans' workspaces.
    workspace: DeviceMemory,
    workspace_offsets: Vec<u64>,
    checksums: Vec<Checksum>,
    state: Mutex<State>,
    changed: Condvar,
}

/// The condition that readers wait for.
struct State {
    /// The groups whose decoding was started.
    begun: Vec<bool>,
    /// A thread failed, so that none needs to go on.
    failed: bool,
}

impl<'a> Run<'a> {
    /// A run before its start, with a plan for each group.
    pub fn new(
        device: Device<'a>,
        source: &'a dyn BlobSource,
        fronts: &'a [Front],
        pieces: Vec<Piece>,
        plans: &'a [GroupPlan],
        progress: &'a dyn Progress,
    ) -> Result<Self> {
        let mut left = vec![0; plans.len()];
        pieces.iter().for_each(|piece| left[piece.group] += 1);
        let (offsets, len) = aligned_offsets(plans.iter().map(|group| group.plan.workspace_len()));
        Ok(Self {
            device,
            source,
            fronts,
            progress,
            pieces,
            next: AtomicUsize::new(0),
            left: left.into_iter().map(AtomicUsize::new).collect(),
            plans,
            workspace: DeviceMemory::uninitialised(device.gpu.context(), len)?,
            workspace_offsets: offsets,
            checksums: fronts.iter().map(|_| Checksum::default()).collect(),
            state: Mutex::new(State { begun: vec![false; plans.len()], failed: false }),
            changed: Condvar::new(),
        })
    }

    /// The context to work in.
    pub fn context(&self) -> &GpuContext {
        self.device.gpu.context()
    }

    /// The next piece to read, in the order of the file.
    pub fn next_piece(&self) -> Option<&Piece> {
        self.pieces.get(self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// Fills `bytes` with a piece, and adds it to its tensor's checksum.
    pub fn read(&self, piece: &Piece, bytes: &mut [u8]) -> Result<()> {
        let front = &self.fronts[piece.tensor];
        self.source.read_blob_at(front.number, piece.blob_offset, bytes)?;
        let after = front.info.blob_len - (piece.blob_offset + piece.len as u64);
        self.checksums[piece.tensor].add(bytes, after);
        proceed(self.progress.advance(piece.len as u64))
    }

    /// The tensors' checksums, complete when all pieces have been read.
    pub fn checksums(&self) -> &[Checksum] {
        &self.checksums
    }

    /// The slot of a group.
    pub fn slot(&self, group: usize) -> &Slot {
        &self.device.slots[group % self.device.slots.len()]
    }

    /// The stream that decodes.
    pub fn decoding(&self) -> &'a GpuStream {
        self.device.decoding
    }

    /// Makes later work on `stream` wait until the slot of a group is free; `false` where a thread
    /// failed, so that it never will be.
    pub fn wait_for_slot(&self, group: usize, stream: &GpuStream) -> Result<bool> {
        let Some(before) = group.checked_sub(self.device.slots.len()) else { return Ok(true) };
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_waiting = |state: &mut State| !state.begun[before] && !state.failed;
        let state = self.changed.wait_while(state, is_waiting);
        let state = state.unwrap_or_else(PoisonError::into_inner);
        if state.failed {
            return Ok(false);
        }
        stream.wait_for(&self.slot(group).decoded)?;
        Ok(true)
    }

    /// Counts a piece whose copy was started; returns whether it was the last of its group.
    pub fn is_last_of_group(&self, piece: &Piece) -> bool {
        self.left[piece.group].fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// Starts to decode a group whose copies were all started.
    pub fn begin_decode(&self, group: usize) -> Result<()> {
        let GroupPlan { plan, copies } = &self.plans[group];
        let stream = self.device.decoding.raw();
        let workspace = self.workspace.address() + self.workspace_offsets[group];
        // SAFETY: the workspace is large enough and the group's own. The plan's addresses are in
        // the slot, which the stream waits for, and where the targets are; the fronts are those of
        // the blobs that were copied there, or the checksums will tell, and the kernels stay inside
        // what the fronts say whatever the words are. The copies are from the slot to the targets,
        // and the next group in the slot is decoded after them, on the same stream.
        unsafe {
            self.device.gpu.upload_plan(plan, workspace, stream)?;
            self.device.gpu.launch(plan, workspace, stream)?;
            for &DeviceCopy { from, to, len } in copies {
                start_copy_on_device(to, from, len, stream)?;
            }
        }
        self.device.decoding.record(&self.slot(group).decoded)?;
        self.state.lock().unwrap_or_else(PoisonError::into_inner).begun[group] = true;
        self.changed.notify_all();
        Ok(())
    }

    /// Passes a result on; after an error no thread goes on.
    pub fn or_stop(&self, result: Result<()>) -> Result<()> {
        if result.is_err() {
            self.next.store(self.pieces.len(), Ordering::Relaxed);
            self.state.lock().unwrap_or_else(PoisonError::into_inner).failed = true;
            self.changed.notify_all();
        }
        result
    }

    /// For each tensor the first corrupt tile, if it has one.
    pub fn corrupt_tiles(&self) -> Result<Vec<Option<CorruptTile>>> {
        let mut tiles = Vec::new();
        for (group, offset) in self.plans.iter().zip(&self.workspace_offsets) {
            let statuses = group.plan.statuses();
            let mut bytes = vec![0; (statuses.end - statuses.start) as usize];
            self.workspace.read(offset + statuses.start, &mut bytes)?;
            tiles.extend(group.plan.corrupt_tiles(&bytes));
        }
        Ok(tiles)
    }
}
