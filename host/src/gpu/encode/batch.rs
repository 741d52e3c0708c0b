//! Blobs on the device, in memory of their own.
#![allow(unsafe_code)]

use super::encoder::GpuEncoder;
use super::extent::encoded_len_bound;
use super::plan::GpuEncodePlan;
use super::tensor::{BlobPlace, TensorToEncode};
use crate::gpu::decode::aligned_offsets;
use crate::gpu::driver::DeviceMemory;
use crate::memory::reserve;
use crate::{Dtype, Error, Result};
use std::ops::Range;

/// The blobs of some tensors, in device memory.
pub struct GpuBlobs {
    /// The buffers of the blobs, and after them the workspace.
    memory: DeviceMemory,
    buffers: Vec<u64>,
    workspace: u64,
    plan: GpuEncodePlan,
}

impl GpuEncoder {
    /// Starts to encode tensors that lie in one piece of device memory, each given by its dtype and
    /// its bytes there, after all that was started before with that memory; does not wait.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where the memory is of another context, a tensor does not lie in
    /// it, does not begin at a multiple of 16 bytes, or is of no whole elements;
    /// [`Error::OutOfMemory`]; [`Error::Gpu`].
    pub fn encode(
        &self,
        memory: &DeviceMemory,
        tensors: &[(Dtype, Range<u64>)],
    ) -> Result<GpuBlobs> {
        self.context().check_same(memory.context(), "the memory", "the encoder")?;
        let bounds = tensors.iter().map(|(dtype, range)| bound(memory, *dtype, range));
        let bounds = bounds.collect::<Result<Vec<_>>>()?;
        let (buffers, workspace) = aligned_offsets(bounds.iter().copied());
        let plan = |start: u64| {
            let parts = tensors.iter().zip(&buffers).zip(&bounds);
            let tensors = parts.map(|(((dtype, range), buffer), &bound)| {
                let (from, len) = (memory.address() + range.start, range.end - range.start);
                // Too far for any device where it does not fit 64 bits.
                TensorToEncode::new(*dtype, from, len, start.saturating_add(*buffer), bound)
            });
            GpuEncodePlan::new(&tensors.collect::<Vec<_>>())
        };
        // The workspace is as long wherever the buffers lie.
        let len = workspace.saturating_add(plan(0)?.workspace_len());
        let own = DeviceMemory::uninitialised(self.context(), len)?;
        let plan = plan(own.address())?;
        let (at, stream) = (own.address() + workspace, self.stream());
        let start = || {
            // SAFETY: the tensors lie in the memory, and buffers and workspace in this memory of
            // our own; both are used in turn with their other uses, and waited for before they are
            // freed.
            unsafe {
                self.upload_plan(&plan, at, stream.raw())?;
                self.launch(&plan, at, stream.raw())
            }
        };
        memory.use_on(stream, || own.use_on(stream, start))?;
        Ok(GpuBlobs { memory: own, buffers, workspace, plan })
    }
}

/// The room for a tensor's blob, where the tensor lies in the memory.
fn bound(memory: &DeviceMemory, dtype: Dtype, range: &Range<u64>) -> Result<u64> {
    if range.start > range.end || range.end > memory.len() {
        let reason = format!("a tensor at {range:?} of {} bytes of device memory", memory.len());
        return Err(Error::InvalidArgument(reason));
    }
    encoded_len_bound(dtype, range.end - range.start)
}

impl GpuBlobs {
    /// The memory that the blobs lie in; the rest of it is of no use.
    pub fn memory(&self) -> &DeviceMemory {
        &self.memory
    }

    /// Waits until the tensors are encoded, and returns where in the memory each blob lies.
    ///
    /// # Errors
    /// [`Error::Gpu`].
    pub fn places(&self) -> Result<Vec<BlobPlace>> {
        let Range { start, end } = self.plan.places();
        let mut bytes = vec![0; (end - start) as usize];
        self.memory.read(self.workspace + start, &mut bytes)?;
        let places = self.plan.read_places(&bytes)?.into_iter().zip(&self.buffers);
        let in_memory = |(place, buffer): (BlobPlace, &u64)| BlobPlace {
            offset: place.offset + buffer,
            ..place
        };
        Ok(places.map(in_memory).collect())
    }

    /// Waits until the tensors are encoded, and copies the blobs to the host.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; [`Error::Gpu`].
    pub fn to_host(&self) -> Result<Vec<Vec<u8>>> {
        let read = |place: BlobPlace| {
            let mut blob = reserve(place.len, "a blob")?;
            blob.resize(place.len as usize, 0);
            self.memory.read(place.offset, &mut blob)?;
            Ok(blob)
        };
        self.places()?.into_iter().map(read).collect()
    }
}
