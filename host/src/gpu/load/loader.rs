//! What is kept from one load to the next, and what a load comes to.

use super::groups::{Group, groups, pieces};
use super::reader::Reader;
use super::run::{Device, Run};
use super::slot::Slot;
use super::tensors::{Front, GpuModel, GpuTensor, check};
use crate::decode::BlobFront;
use crate::gpu::decode::{GpuDecoder, GpuPlan, PlannedTensor, aligned_offsets};
use crate::gpu::driver::GpuStream;
use crate::panic::caught;
use crate::{Archive, Result};
use rayon::prelude::*;
use std::thread;

/// How a [`GpuLoader`] works.
#[derive(Debug, Clone)]
pub struct LoadOptions {
    /// Threads that read. One reads about 7 GB/s from the page cache, and a bus takes several times that.
    pub readers: usize,
    /// Bytes that are read at a time.
    pub piece_bytes: usize,
    /// Pieces of pinned memory for each reader: one is read while the others are copied.
    pub pieces: usize,
    /// Compressed bytes that are decoded together, at least.
    pub group_bytes: u64,
    /// Groups on the device at a time.
    pub slots: usize,
}

impl Default for LoadOptions {
    /// A reader for each CPU, at most 16, and 16 times 12 MiB of pinned memory.
    fn default() -> Self {
        let cpus = thread::available_parallelism().map_or(1, usize::from);
        Self {
            readers: cpus.min(16),
            piece_bytes: 4 << 20,
            pieces: 3,
            group_bytes: 64 << 20,
            slots: 4,
        }
    }
}

/// Loads archives to a device. It keeps its pinned memory from one to the next.
pub struct GpuLoader {
    gpu: GpuDecoder,
    options: LoadOptions,
    readers: Vec<Reader>,
    slots: Vec<Slot>,
    decoding: GpuStream,
}

impl GpuLoader {
    /// A loader to this device; it pins its memory now.
    ///
    /// # Errors
    /// [`crate::Error::OutOfMemory`]; [`crate::Error::Gpu`].
    pub fn new(gpu: &GpuDecoder, options: LoadOptions) -> Result<Self> {
        let reader = |_| Reader::new(gpu, options.pieces, options.piece_bytes.max(1));
        let readers = (0..options.readers.max(1)).into_par_iter().map(reader);
        let readers = readers.collect::<Result<_>>()?;
        let decoding = gpu.new_stream()?;
        Ok(Self { gpu: gpu.clone(), options, readers, slots: Vec::new(), decoding })
    }

    /// Bytes of pinned memory.
    pub fn pinned_bytes(&self) -> usize {
        self.readers.iter().map(Reader::pinned_bytes).sum()
    }

    /// Brings all tensors of an archive to the device and decodes them there. Each blob's checksum is checked, and that each tile
    /// ends as it must; the hash of the decoded bytes is not.
    ///
    /// # Errors
    /// [`crate::Error::Corrupt`] naming tensor and tile; [`crate::Error::Io`]; [`crate::Error::OutOfMemory`] where the device
    /// has no room for the decoded tensors and the largest compressed ones; [`crate::Error::Gpu`].
    pub fn load(&mut self, archive: &Archive) -> Result<GpuModel> {
        let fronts = Front::read_all(archive)?;
        let parsed: Vec<BlobFront<'_>> =
            fronts.par_iter().map(|front| front.parse(archive)).collect::<Result<_>>()?;
        let (offsets, len) = aligned_offsets(parsed.iter().map(BlobFront::byte_len));
        let memory = self.gpu.allocate(len)?;
        let lengths: Vec<u64> = fronts.iter().map(|front| front.info.blob_len()).collect();
        let groups = groups(&lengths, self.options.group_bytes.max(1));
        self.make_slots(&groups)?;
        let planned = |(tensor, group, at): (usize, usize, u64)| {
            let slot = &self.slots[group % self.slots.len()];
            let out = memory.address() + offsets[tensor];
            PlannedTensor::whole(&parsed[tensor], slot.blobs.address() + at, out)
        };
        let plan = |(number, group): (usize, &Group)| {
            let tensors = group.tensors.clone().zip(&group.offsets);
            let tensors = tensors.map(|(tensor, &at)| planned((tensor, number, at)));
            GpuPlan::new(&tensors.collect::<Vec<_>>())
        };
        let plans: Vec<GpuPlan> = groups.par_iter().enumerate().map(plan).collect::<Result<_>>()?;
        self.run(archive, &fronts, &groups, &plans)?;
        let tensors = fronts.into_iter().zip(offsets);
        let tensors = tensors.map(|(front, offset)| GpuTensor { info: front.info, offset });
        Ok(GpuModel { memory, tensors: tensors.collect() })
    }

    /// Makes slots, each large enough for every group.
    fn make_slots(&mut self, groups: &[Group]) -> Result<()> {
        let len = groups.iter().map(|group| group.len).max().unwrap_or(0);
        if self.slots.first().is_none_or(|slot| slot.blobs.len() < len) {
            self.slots.clear();
            let slot = |_| Slot::new(&self.gpu, len);
            self.slots = (0..self.options.slots.max(1)).map(slot).collect::<Result<_>>()?;
        }
        Ok(())
    }

    /// Reads, copies and decodes all groups, and checks what came of it.
    fn run(
        &mut self,
        archive: &Archive,
        fronts: &[Front],
        groups: &[Group],
        plans: &[GpuPlan],
    ) -> Result<()> {
        let pieces = pieces(groups, fronts, self.options.piece_bytes.max(1));
        let (gpu, slots, decoding) = (&self.gpu, &self.slots[..], &self.decoding);
        let run = Run::new(Device { gpu, slots, decoding }, archive, fronts, pieces, plans)?;
        let results: Vec<Result<()>> = thread::scope(|scope| {
            let begin = |reader| {
                let run = &run;
                scope.spawn(move || run.or_stop(caught("load", || Reader::work(reader, run))))
            };
            let threads: Vec<_> = self.readers.iter_mut().map(begin).collect();
            threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
        });
        // Before anything that the device uses is freed, whatever happened.
        let waited = self.readers.iter().map(Reader::wait).chain([self.decoding.wait()]);
        let waited: Vec<Result<()>> = waited.collect();
        results.into_iter().chain(waited).collect::<Result<()>>()?;
        check(archive, fronts, run.checksums(), &run.unsound_tiles()?)
    }
}
