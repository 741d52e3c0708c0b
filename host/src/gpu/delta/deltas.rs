//! Deltas on the device, with the plan that decodes them.
#![allow(unsafe_code)]

use super::decoder::GpuDeltaDecoder;
use super::plan::GpuDeltaPlan;
use super::planned::PlannedDelta;
use crate::delta::Delta;
use crate::gpu::decode::aligned_offsets;
use crate::gpu::driver::{DeviceMemory, GpuStream};
use crate::{Error, Result};

/// Deltas on the device, ready to be decoded, in memory of their own.
pub struct GpuDeltas {
    /// The deltas' bytes, and after them the workspace.
    memory: DeviceMemory,
    workspace: u64,
    plan: GpuDeltaPlan,
    decoder: GpuDeltaDecoder,
}

impl GpuDeltas {
    /// Copies deltas to the device, each with the device addresses of its reference and of the
    /// tensor, which are the same where it is to be decoded in place.
    ///
    /// # Errors
    /// As [`GpuDeltaPlan::new`]; [`Error::Gpu`].
    pub fn upload(decoder: &GpuDeltaDecoder, deltas: &[(&Delta<'_>, u64, u64)]) -> Result<Self> {
        let lengths = deltas.iter().map(|(delta, ..)| delta.as_bytes().len() as u64);
        let (offsets, workspace) = aligned_offsets(lengths);
        let plan = |start: u64| {
            let planned = deltas.iter().zip(&offsets).map(|(&(delta, reference, out), offset)| {
                PlannedDelta::new(delta, start + offset, reference, out)
            });
            GpuDeltaPlan::new(&planned.collect::<Vec<_>>())
        };
        // The workspace is as long wherever the deltas lie.
        let len = workspace.saturating_add(plan(0)?.workspace_len());
        let context = decoder.decoder().context();
        // What is decoded on the way is read in whole units, the last of which may end after it.
        let memory = DeviceMemory::new(context, len)?;
        let mut plan = plan(memory.address())?;
        for ((delta, ..), &offset) in deltas.iter().zip(&offsets) {
            memory.write(offset, delta.as_bytes())?;
        }
        let (at, stream) = (memory.address() + workspace, decoder.decoder().stream());
        memory.use_on(stream, || {
            // SAFETY: the workspace is in this memory, which is waited for before it is freed; a
            // plan that is not pinned is copied before this returns.
            unsafe { decoder.upload_plan(&mut plan, at, stream.raw()) }
        })?;
        Ok(Self { memory, workspace, plan, decoder: decoder.clone() })
    }

    /// The decoder that they were uploaded by.
    pub fn decoder(&self) -> &GpuDeltaDecoder {
        &self.decoder
    }

    /// Bytes of device memory that the deltas and the workspace take.
    pub fn device_bytes(&self) -> u64 {
        self.memory.len()
    }

    /// Starts to decode on a stream, and does not wait; each time anew, so that what is decoded in
    /// place is added to again.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where the stream is of another context; [`Error::Gpu`].
    ///
    /// # Safety
    /// At the addresses that were given are the references, and room for the tensors, until the work
    /// on the stream is done; no tensor overlaps anything but, where it is decoded in place, its
    /// reference.
    pub unsafe fn decode_on(&self, stream: &GpuStream) -> Result<()> {
        self.memory.use_on(stream, || {
            // SAFETY: plan and deltas are in this memory; the rest is the caller's condition.
            unsafe { self.decoder.launch(&self.plan, stream.raw()) }
        })
    }

    /// Starts to decode and check gaps and differences, and no more: [`GpuDeltas::restore_on`] does
    /// the rest, once [`GpuDeltas::faults`] has told that all deltas are sound.
    ///
    /// # Errors
    /// As [`GpuDeltas::decode_on`].
    pub fn check_on(&self, stream: &GpuStream) -> Result<()> {
        self.memory.use_on(stream, || {
            // SAFETY: plan and deltas are in this memory, and nothing else is looked at.
            unsafe { self.decoder.launch_checks(&self.plan, stream.raw()) }
        })
    }

    /// Starts to restore what [`GpuDeltas::check_on`] found sound.
    ///
    /// # Errors
    /// As [`GpuDeltas::decode_on`].
    ///
    /// # Safety
    /// As [`GpuDeltas::decode_on`].
    pub unsafe fn restore_on(&self, stream: &GpuStream) -> Result<()> {
        self.memory.use_on(stream, || {
            // SAFETY: plan and deltas are in this memory; the rest is the caller's condition.
            unsafe { self.decoder.launch_restores(&self.plan, stream.raw()) }
        })
    }

    /// Waits until the deltas are decoded, and returns for each what is wrong with it, if anything:
    /// nothing of that one was written.
    ///
    /// # Errors
    /// [`Error::Gpu`].
    pub fn faults(&self) -> Result<Vec<Option<Error>>> {
        let statuses = self.plan.statuses();
        let mut bytes = vec![0; (statuses.end - statuses.start) as usize];
        self.memory.read(self.workspace + statuses.start, &mut bytes)?;
        Ok(self.plan.faults(&bytes))
    }
}
