//! The loader, which keeps its pinned memory from one load to the next.
#![allow(unsafe_code)]

use super::groups::{Group, groups, pieces};
use super::plans::Ways;
use super::reader::Reader;
use super::run::{Device, Run};
use super::slot::Slot;
use super::target::{LoadTarget, Wanted};
use super::tensors::{Front, GpuModel, GpuTensor, check, in_blob};
use crate::blob::BlobFront;
use crate::gpu::decode::{GpuDecoder, aligned_offsets};
use crate::gpu::driver::{GpuEvent, GpuStream};
use crate::panic::catch_panic;
use crate::progress::Progress;
use crate::{BlobSource, Result};
use rayon::prelude::*;
use std::thread;

/// Options of a [`GpuLoader`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LoadOptions {
    /// Threads that read. One reads about 7 GB/s from the page cache, and a bus takes several times
    /// that.
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

impl LoadOptions {
    /// The default.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets [`LoadOptions::readers`].
    pub fn readers(mut self, readers: usize) -> Self {
        self.readers = readers;
        self
    }

    /// Sets [`LoadOptions::piece_bytes`].
    pub fn piece_bytes(mut self, piece_bytes: usize) -> Self {
        self.piece_bytes = piece_bytes;
        self
    }

    /// Sets [`LoadOptions::pieces`].
    pub fn pieces(mut self, pieces: usize) -> Self {
        self.pieces = pieces;
        self
    }

    /// Sets [`LoadOptions::group_bytes`].
    pub fn group_bytes(mut self, group_bytes: u64) -> Self {
        self.group_bytes = group_bytes;
        self
    }

    /// Sets [`LoadOptions::slots`].
    pub fn slots(mut self, slots: usize) -> Self {
        self.slots = slots;
        self
    }
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

/// Loads archives, and other sources of blobs, to a device. It keeps its pinned memory from one to
/// the next.
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

    /// Brings all tensors of a source, such as an [`crate::Archive`], to the device and decodes
    /// them there. Each blob's checksum is checked, and that each tile ends as it must; the hash of
    /// the decoded bytes is not.
    ///
    /// # Errors
    /// [`crate::Error::Corrupt`] naming tensor and tile; [`crate::Error::Io`];
    /// [`crate::Error::OutOfMemory`] where the device has no room for the decoded tensors and the
    /// largest compressed ones; [`crate::Error::Gpu`].
    pub fn load(&mut self, source: &dyn BlobSource) -> Result<GpuModel> {
        let tensors = (0..source.blob_count()).map(|number| (number, source.blob_info(number)));
        let tensors: Vec<_> = tensors.collect();
        let (fronts, blob_of) = Front::read_all(source, &tensors)?;
        let parsed = Front::parse_all(&fronts, source)?;
        let bytes = tensors.iter().map(|tensor| in_blob(source, tensor));
        let bytes = bytes.collect::<Result<Vec<_>>>()?;
        let (offsets, len) = aligned_offsets(bytes.iter().map(|bytes| bytes.end - bytes.start));
        let memory = self.gpu.allocate(len)?;
        let mut wanted = vec![Vec::new(); fronts.len()];
        for ((bytes, &offset), &blob) in bytes.into_iter().zip(&offsets).zip(&blob_of) {
            wanted[blob].push(Wanted { bytes, address: memory.address() + offset });
        }
        let what = What { source, fronts: &fronts, parsed: &parsed, wanted: &wanted };
        // SAFETY: each tensor has its own part of the memory, which is new.
        unsafe { self.run(&what, &()) }?;
        let tensors = tensors.into_iter().zip(offsets);
        let tensors = tensors.map(|((_, info), offset)| GpuTensor { info, offset });
        Ok(GpuModel { memory, tensors: tensors.collect() })
    }

    /// Brings tensors of a source, or rows of them, to memory of the caller's, and returns when
    /// they are there. They are written after all earlier work on `stream`, which the host does not
    /// wait for. Checks are those of [`GpuLoader::load`], of the tiles that are decoded; a blob is
    /// always read whole, as its checksum covers the whole.
    ///
    /// After an error the memory holds nothing of use.
    ///
    /// # Errors
    /// As [`GpuLoader::load`]; [`crate::Error::NoSuchTensor`]; [`crate::Error::InvalidArgument`]
    /// where a tensor has no such rows, they do not begin and end on a byte, or the stream is of
    /// another context; [`crate::Error::Cancelled`] where `progress` says so.
    ///
    /// # Safety
    /// At each target's address there are as many bytes on the loader's device as are wanted for
    /// it, no two targets overlap, and nothing else uses those bytes until this returns, but for
    /// what was started on `stream` before.
    pub unsafe fn load_into(
        &mut self,
        source: &dyn BlobSource,
        targets: &[LoadTarget<'_>],
        stream: &GpuStream,
        progress: &dyn Progress,
    ) -> Result<()> {
        self.gpu.context().check_same(stream.context(), "the stream", "the loader")?;
        let tensors = targets.iter().map(|target| target.find(source));
        let tensors = tensors.collect::<Result<Vec<_>>>()?;
        let (fronts, blob_of) = Front::read_all(source, &tensors)?;
        let parsed = Front::parse_all(&fronts, source)?;
        let mut wanted = vec![Vec::new(); fronts.len()];
        for ((target, tensor), blob) in targets.iter().zip(&tensors).zip(blob_of) {
            wanted[blob].push(target.wanted(source, tensor)?);
        }
        let before = GpuEvent::new(self.gpu.context())?;
        stream.record(&before)?;
        self.decoding.wait_for(&before)?;
        let what = What { source, fronts: &fronts, parsed: &parsed, wanted: &wanted };
        // SAFETY: the caller's condition.
        unsafe { self.run(&what, progress) }
    }

    /// Frees the device memory that it has kept for compressed bytes, which the next load takes again;
    /// pinned memory stays.
    pub fn free_device_memory(&mut self) {
        self.slots.clear();
    }

    /// Makes slots, each large enough for every group.
    fn make_slots(&mut self, groups: &[Group], scratch: u64) -> Result<()> {
        let blobs = groups.iter().map(|group| group.len).max().unwrap_or(0);
        if self.slots.first().is_none_or(|slot| !slot.holds(blobs, scratch)) {
            self.slots.clear();
            let slot = |_| Slot::new(&self.gpu, blobs, scratch);
            self.slots = (0..self.options.slots.max(1)).map(slot).collect::<Result<_>>()?;
        }
        Ok(())
    }

    /// Reads, copies and decodes all groups, and checks the result.
    ///
    /// # Safety
    /// There is memory where tensors are wanted, which nothing else uses meanwhile.
    unsafe fn run(&mut self, what: &What<'_, '_>, progress: &dyn Progress) -> Result<()> {
        let What { source, fronts, .. } = *what;
        let lengths: Vec<u64> = fronts.iter().map(|front| front.info.blob_len).collect();
        let groups = groups(&lengths, self.options.group_bytes.max(1));
        let ways = Ways::new(what.parsed, what.wanted);
        self.make_slots(&groups, ways.scratch_len(&groups))?;
        let plans = ways.plans(&groups, &self.slots)?;
        let pieces = pieces(&groups, fronts, self.options.piece_bytes.max(1));
        progress.expect(lengths.iter().sum());
        let (gpu, slots, decoding) = (&self.gpu, &self.slots[..], &self.decoding);
        let device = Device { gpu, slots, decoding };
        let run = Run::new(device, source, fronts, pieces, &plans, progress)?;
        let results = read_all(&mut self.readers, &run);
        // In every case before memory that the device uses is freed.
        let waited = self.readers.iter().map(Reader::wait).chain([self.decoding.wait()]);
        let waited: Vec<Result<()>> = waited.collect();
        results.into_iter().chain(waited).collect::<Result<()>>()?;
        check(source, fronts, run.checksums(), &run.corrupt_tiles()?)
    }
}

/// The blobs to load, with their fronts read and parsed, and what is wanted of each.
#[derive(Clone, Copy)]
struct What<'a, 'b> {
    source: &'a dyn BlobSource,
    fronts: &'a [Front],
    parsed: &'a [BlobFront<'b>],
    wanted: &'a [Vec<Wanted>],
}

/// Runs every reader on a thread of its own, until all is read or one of them fails.
fn read_all(readers: &mut [Reader], run: &Run<'_>) -> Vec<Result<()>> {
    thread::scope(|scope| {
        let begin = |reader| {
            scope.spawn(move || run.or_stop(catch_panic("load", || Reader::work(reader, run))))
        };
        let threads: Vec<_> = readers.iter_mut().map(begin).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
    })
}
