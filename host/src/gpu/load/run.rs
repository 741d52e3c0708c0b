//! One load: the pieces in progress, and the completion of groups.
#![allow(unsafe_code)]

use super::groups::Piece;
use super::reads::Reads;
use super::slot::Slot;
use super::tensors::{Checksum, Front};
use super::workspaces::Workspaces;
use crate::gpu::decode::GpuDecoder;
use crate::gpu::driver::{GpuContext, GpuEvent, GpuStream};
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

/// The blobs of a load, what is read of each, and the work after that.
pub struct Work<'a> {
    pub source: &'a dyn BlobSource,
    pub fronts: &'a [Front],
    pub reads: &'a [Reads],
    pub pieces: Vec<Piece>,
    pub workspaces: &'a Workspaces,
}

/// The state shared by the readers of one load.
pub struct Run<'a> {
    device: Device<'a>,
    source: &'a dyn BlobSource,
    fronts: &'a [Front],
    reads: &'a [Reads],
    pieces: Vec<Piece>,
    workspaces: &'a Workspaces,
    progress: &'a dyn Progress,
    /// The next piece to be taken.
    next: AtomicUsize,
    /// For each group the number of pieces whose copies have not been started.
    left: Vec<AtomicUsize>,
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
    /// A run before its start.
    pub fn new(device: Device<'a>, work: Work<'a>, progress: &'a dyn Progress) -> Self {
        let Work { source, fronts, reads, pieces, workspaces } = work;
        let groups = workspaces.groups();
        let mut left = vec![0; groups];
        pieces.iter().for_each(|piece| left[piece.group] += 1);
        Self {
            device,
            source,
            fronts,
            reads,
            pieces,
            workspaces,
            progress,
            next: AtomicUsize::new(0),
            left: left.into_iter().map(AtomicUsize::new).collect(),
            checksums: fronts.iter().map(|_| Checksum::default()).collect(),
            state: Mutex::new(State { begun: vec![false; groups], failed: false }),
            changed: Condvar::new(),
        }
    }

    /// The context to work in.
    pub fn context(&self) -> &GpuContext {
        self.device.gpu.context()
    }

    /// The next piece to read, in the order of the file.
    pub fn next_piece(&self) -> Option<&Piece> {
        self.pieces.get(self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// Fills `bytes` with a piece, and adds it to its tensor's checksum where that is compared.
    pub fn read(&self, piece: &Piece, bytes: &mut [u8]) -> Result<()> {
        let front = &self.fronts[piece.tensor];
        self.source.read_blob_at(front.number, piece.blob_offset, bytes)?;
        if self.reads[piece.tensor].is_whole {
            let after = front.info.blob_len - (piece.blob_offset + piece.len as u64);
            self.checksums[piece.tensor].add(bytes, after);
        }
        proceed(self.progress.advance(piece.len as u64))
    }

    /// The checksums of the blobs that are read whole, when all pieces have been read.
    pub fn checksums(&self) -> Vec<Option<u32>> {
        let sums = self.reads.iter().zip(&self.checksums);
        sums.map(|(reads, sum)| reads.is_whole.then(|| sum.value())).collect()
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

    /// Starts to decode a group whose copies were all started; its plan is copied on a reader's stream,
    /// which marks `planned`.
    pub fn begin_decode(&self, group: usize, reader: &GpuStream, planned: &GpuEvent) -> Result<()> {
        let Device { gpu, decoding, .. } = self.device;
        self.workspaces.upload(group, gpu, reader)?;
        reader.record(planned)?;
        decoding.wait_for(planned)?;
        // SAFETY: the stream waits for the copies to the slot and for the plan; the fronts are those of the blobs
        // that they are of, or the checksums will tell. The slot is free, which the copies waited
        // for.
        unsafe { self.workspaces.decode(group, gpu, decoding) }?;
        decoding.record(&self.slot(group).decoded)?;
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
}
