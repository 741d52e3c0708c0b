//! One load: what is on its way, and when a group is complete.
#![allow(unsafe_code)]

use super::groups::Piece;
use super::slot::Slot;
use super::tensors::{Checksum, Front};
use crate::gpu::decode::{GpuDecoder, GpuPlan, aligned_offsets};
use crate::gpu::driver::{DeviceMemory, GpuContext, GpuStream};
use crate::{Archive, Result};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

/// Where everything goes.
#[derive(Clone, Copy)]
pub struct Device<'a> {
    pub gpu: &'a GpuDecoder,
    /// A slot for each group, taken in turns.
    pub slots: &'a [Slot],
    /// The stream that decodes.
    pub decoding: &'a GpuStream,
}

/// What the readers of one load share.
pub struct Run<'a> {
    device: Device<'a>,
    archive: &'a Archive,
    fronts: &'a [Front],
    pieces: Vec<Piece>,
    /// The next piece to be taken.
    next: AtomicUsize,
    /// Of each group, the pieces whose copies have not been begun.
    left: Vec<AtomicUsize>,
    plans: &'a [GpuPlan],
    /// The plans' workspaces.
    workspace: DeviceMemory,
    workspace_offsets: Vec<u64>,
    checksums: Vec<Checksum>,
    progress: Mutex<Progress>,
    changed: Condvar,
}

/// What readers wait for.
struct Progress {
    /// The groups of which decoding has been begun.
    begun: Vec<bool>,
    /// Somebody failed, and nobody needs to go on.
    failed: bool,
}

impl<'a> Run<'a> {
    /// A run that has not begun; there is a plan for each group.
    pub fn new(
        device: Device<'a>,
        archive: &'a Archive,
        fronts: &'a [Front],
        pieces: Vec<Piece>,
        plans: &'a [GpuPlan],
    ) -> Result<Self> {
        let mut left = vec![0; plans.len()];
        pieces.iter().for_each(|piece| left[piece.group] += 1);
        let (offsets, len) = aligned_offsets(plans.iter().map(GpuPlan::workspace_len));
        Ok(Self {
            device,
            archive,
            fronts,
            pieces,
            next: AtomicUsize::new(0),
            left: left.into_iter().map(AtomicUsize::new).collect(),
            plans,
            workspace: DeviceMemory::uninitialised(device.gpu.context(), len)?,
            workspace_offsets: offsets,
            checksums: fronts.iter().map(|_| Checksum::default()).collect(),
            progress: Mutex::new(Progress { begun: vec![false; plans.len()], failed: false }),
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
        self.archive.read_at(piece.file_offset, bytes)?;
        let info = &self.fronts[piece.tensor].info;
        let end = piece.file_offset + piece.len as u64;
        let behind = info.blob_offset() + info.blob_len() - end;
        self.checksums[piece.tensor].add(bytes, behind);
        Ok(())
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

    /// Has what is begun on `stream` wait until the slot of a group is free of the one before; `false` where somebody failed, and
    /// it never will be.
    pub fn wait_for_slot(&self, group: usize, stream: &GpuStream) -> Result<bool> {
        let Some(before) = group.checked_sub(self.device.slots.len()) else { return Ok(true) };
        let progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        let is_waiting = |progress: &mut Progress| !progress.begun[before] && !progress.failed;
        let progress = self.changed.wait_while(progress, is_waiting);
        let progress = progress.unwrap_or_else(PoisonError::into_inner);
        if progress.failed {
            return Ok(false);
        }
        stream.wait_for(&self.slot(group).decoded)?;
        Ok(true)
    }

    /// Counts a piece whose copy has been begun; whether it was the last of its group.
    pub fn is_last_of_group(&self, piece: &Piece) -> bool {
        self.left[piece.group].fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// Begins to decode a group all of whose copies have been begun.
    pub fn begin_decode(&self, group: usize) -> Result<()> {
        let (plan, stream) = (&self.plans[group], self.device.decoding.raw());
        let workspace = self.workspace.address() + self.workspace_offsets[group];
        // SAFETY: the workspace is large enough and the group's own. The plan's addresses are in the slot, which the stream waits
        // for, and in the model's memory; the fronts are those of the blobs that were copied there, or the checksums will
        // tell, and the kernels stay inside what the fronts say whatever the words are.
        unsafe {
            self.device.gpu.upload_plan(plan, workspace, stream)?;
            self.device.gpu.launch(plan, workspace, stream)?;
        }
        self.device.decoding.record(&self.slot(group).decoded)?;
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).begun[group] = true;
        self.changed.notify_all();
        Ok(())
    }

    /// Passes a result on; after an error nobody goes on.
    pub fn or_stop(&self, result: Result<()>) -> Result<()> {
        if result.is_err() {
            self.next.store(self.pieces.len(), Ordering::Relaxed);
            self.progress.lock().unwrap_or_else(PoisonError::into_inner).failed = true;
            self.changed.notify_all();
        }
        result
    }

    /// For each tensor the first tile that is not sound, if there is one.
    pub fn unsound_tiles(&self) -> Result<Vec<Option<u32>>> {
        let mut tiles = Vec::new();
        for (plan, offset) in self.plans.iter().zip(&self.workspace_offsets) {
            let statuses = plan.statuses();
            let mut bytes = vec![0; (statuses.end - statuses.start) as usize];
            self.workspace.read(offset + statuses.start, &mut bytes)?;
            tiles.extend(GpuPlan::unsound_tiles(&bytes));
        }
        Ok(tiles)
    }
}
