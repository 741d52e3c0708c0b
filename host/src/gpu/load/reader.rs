//! A thread that reads pieces and begins to copy them to the device.
#![allow(unsafe_code)]

use super::groups::Piece;
use super::run::Run;
use crate::Result;
use crate::gpu::decode::GpuDecoder;
use crate::gpu::driver::{GpuEvent, GpuStream, PinnedMemory, start_copy_to};

/// A reader's own stream and pinned memory.
pub struct Reader {
    stream: GpuStream,
    buffers: Vec<Buffer>,
    /// The plan that was copied last is on the device.
    planned: GpuEvent,
    /// Pieces read; the next one goes to the buffer of that number.
    pieces: usize,
}

/// Pinned memory for a piece.
struct Buffer {
    memory: PinnedMemory,
    /// The piece that was in it last is on the device.
    copied: GpuEvent,
}

impl Reader {
    pub fn new(gpu: &GpuDecoder, buffers: usize, piece_bytes: usize) -> Result<Self> {
        let buffer =
            |_| Ok(Buffer { memory: gpu.pin(piece_bytes)?, copied: GpuEvent::new(gpu.context())? });
        let buffers = (0..buffers.max(1)).map(buffer).collect::<Result<_>>()?;
        let planned = GpuEvent::new(gpu.context())?;
        Ok(Self { stream: gpu.new_stream()?, buffers, planned, pieces: 0 })
    }

    /// Bytes of pinned memory.
    pub fn pinned_bytes(&self) -> usize {
        self.buffers.iter().map(|buffer| buffer.memory.len()).sum()
    }

    /// Takes pieces until there are none left, or a thread failed.
    pub fn work(&mut self, run: &Run<'_>) -> Result<()> {
        let _current = run.context().enter()?;
        while let Some(piece) = run.next_piece() {
            if !self.bring(run, piece)? {
                break;
            }
            if run.is_last_of_group(piece) {
                run.begin_decode(piece.group, &self.stream, &self.planned)?;
            }
        }
        Ok(())
    }

    /// Waits until no work in progress uses the buffers or the slots.
    fn wait(&self) -> Result<()> {
        self.stream.wait()
    }

    /// Reads a piece, sums it up, and begins to copy it; what is decoded later waits for the copy.
    /// `false` where a thread failed meanwhile.
    fn bring(&mut self, run: &Run<'_>, piece: &Piece) -> Result<bool> {
        let number = self.pieces % self.buffers.len();
        let buffer = &mut self.buffers[number];
        self.pieces += 1;
        buffer.copied.wait()?;
        let bytes = &mut buffer.memory[..piece.len];
        run.read(piece, bytes)?;
        if !run.wait_for_slot(piece.group, &self.stream)? {
            return Ok(false);
        }
        let slot = run.slot(piece.group);
        // SAFETY: the buffer is written to again, or freed, only after `copied` has come to pass,
        // or the stream has been waited for; the slot outlives the run, which ends with that.
        unsafe {
            start_copy_to(slot.blobs.address() + piece.slot_offset, bytes, self.stream.raw())
        }?;
        self.stream.record(&buffer.copied)?;
        run.decoding().wait_for(&buffer.copied)?;
        Ok(true)
    }
}

/// Waits until no work in progress uses buffers, slots, workspaces or targets, for all of it even
/// where one fails.
pub fn wait_for_all(readers: &[Reader], decoding: &GpuStream) -> Result<()> {
    let waited: Vec<_> = readers.iter().map(Reader::wait).chain([decoding.wait()]).collect();
    waited.into_iter().collect()
}
