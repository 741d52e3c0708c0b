//! The loader, which keeps its pinned memory from one load to the next.
#![allow(unsafe_code)]

use super::groups::{Group, Piece, groups, pieces};
use super::options::LoadOptions;
use super::pending::PendingLoad;
use super::plans::Ways;
use super::reader::{Reader, wait_for_all};
use super::reads::Reads;
use super::run::{Device, Run, Work};
use super::slot::Slot;
use super::target::{LoadTarget, Wanted};
use super::tensors::{Front, GpuModel, GpuTensor, check_sums, in_blob};
use super::workspaces::Workspaces;
use crate::gpu::decode::{GpuDecoder, aligned_offsets};
use crate::gpu::driver::{GpuEvent, GpuStream};
use crate::panic::catch_panic;
use crate::progress::Progress;
use crate::{BlobInfo, BlobSource, Result};
use rayon::prelude::*;
use std::thread;

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
        let bytes = tensors.iter().map(|tensor| in_blob(source, tensor));
        let bytes = bytes.collect::<Result<Vec<_>>>()?;
        let (offsets, len) = aligned_offsets(bytes.iter().map(|bytes| bytes.end - bytes.start));
        let memory = self.gpu.allocate(len)?;
        let mut wanted = vec![Vec::new(); fronts.len()];
        for ((bytes, &offset), &blob) in bytes.into_iter().zip(&offsets).zip(&blob_of) {
            wanted[blob].push(Wanted { bytes, address: memory.address() + offset });
        }
        // SAFETY: each tensor has its own part of the memory, which is new.
        unsafe { self.start(source, fronts, &wanted, None, &()) }?.wait()?;
        let tensors = tensors.into_iter().zip(offsets);
        let tensors = tensors.map(|((_, info), offset)| GpuTensor { info, offset });
        Ok(GpuModel { memory, tensors: tensors.collect() })
    }

    /// Brings tensors of a source, or rows of them, to memory of the caller's, and returns when
    /// they are there: [`GpuLoader::start_load_into`], waited for.
    ///
    /// # Errors
    /// As [`GpuLoader::start_load_into`] and [`PendingLoad::wait`].
    ///
    /// # Safety
    /// As [`GpuLoader::start_load_into`].
    pub unsafe fn load_into(
        &mut self,
        source: &dyn BlobSource,
        targets: &[LoadTarget<'_>],
        stream: &GpuStream,
        progress: &dyn Progress,
    ) -> Result<()> {
        // SAFETY: the caller's condition.
        unsafe { self.start_load_into(source, targets, stream, progress) }?.wait()
    }

    /// Reads tensors of a source, or rows of them, and starts to decode them to memory of the
    /// caller's, after all earlier work on `stream`. The result has an event that is reached when they
    /// are there, and tells damage that the GPU finds. The host does not wait for it by itself; it
    /// may have to where there are more groups than slots ([`LoadOptions`]), and the driver where it loads
    /// a kernel or allocates.
    ///
    /// Checks are those of [`GpuLoader::load`], of the tiles that are decoded. A blob is read whole
    /// where all its rows are wanted, or its checksum was not compared before and
    /// [`LoadOptions::check_rows`] is set; otherwise no more than the tiles that hold the wanted rows.
    ///
    /// After an error the memory holds nothing of use.
    ///
    /// # Errors
    /// As [`GpuLoader::load`], but for corrupt tiles; [`crate::Error::NoSuchTensor`];
    /// [`crate::Error::InvalidArgument`] where a tensor has no such rows, they do not begin and end
    /// on a byte, or the stream is of another context; [`crate::Error::Cancelled`] where `progress`
    /// says so.
    ///
    /// # Safety
    /// At each target's address there are as many bytes on the loader's device as are wanted for
    /// it, no two targets overlap, and nothing else uses those bytes until the event is reached, or
    /// this fails, but for what was started on `stream` before.
    pub unsafe fn start_load_into<'a>(
        &'a mut self,
        source: &'a dyn BlobSource,
        targets: &[LoadTarget<'_>],
        stream: &GpuStream,
        progress: &dyn Progress,
    ) -> Result<PendingLoad<'a>> {
        self.gpu.context().check_same(stream.context(), "the stream", "the loader")?;
        let (tensors, places) = find_all(source, targets)?;
        let (fronts, blob_of) = Front::read_all(source, &tensors)?;
        let mut wanted = vec![Vec::new(); fronts.len()];
        for (place, blob) in places.into_iter().zip(blob_of) {
            wanted[blob].push(place);
        }
        // SAFETY: the caller's condition.
        unsafe { self.start(source, fronts, &wanted, Some(stream), progress) }
    }

    /// The decoder that it was made for.
    pub fn decoder(&self) -> &GpuDecoder {
        &self.gpu
    }

    /// Frees the device memory that it has kept for compressed bytes, which the next load takes again;
    /// pinned memory stays.
    pub fn free_device_memory(&mut self) {
        let _ = wait_for_all(&self.readers, &self.decoding);
        self.slots.clear();
    }

    /// Makes slots, one for each group up to the options' number, each large enough for every group.
    fn make_slots(&mut self, groups: &[Group], scratch: u64) -> Result<()> {
        let blobs = groups.iter().map(|group| group.len).max().unwrap_or(0);
        let count = groups.len().min(self.options.slots).max(1);
        let holds = self.slots.iter().filter(|slot| slot.holds(blobs, scratch));
        if holds.count() < count {
            self.slots.clear();
            let slot = |_| Slot::new(&self.gpu, blobs, scratch);
            self.slots = (0..count).map(slot).collect::<Result<_>>()?;
        }
        Ok(())
    }

    /// Plans what is read, and how it is decoded.
    fn plan(
        &mut self,
        source: &dyn BlobSource,
        fronts: &[Front],
        wanted: &[Vec<Wanted>],
    ) -> Result<(Vec<Reads>, Vec<Piece>, Workspaces)> {
        let lengths: Vec<u64> = fronts.iter().map(|front| front.info.blob_len).collect();
        let groups = groups(&lengths, self.options.group_bytes.max(1));
        let ways = Ways::new(fronts, wanted);
        let reads = ways.reads(|number| !self.options.check_rows || source.is_checked(number));
        self.make_slots(&groups, ways.scratch_len(&groups))?;
        let workspaces = Workspaces::new(&self.gpu, ways.plans(&groups, &self.slots)?)?;
        let pieces = pieces(&groups, &reads, self.options.piece_bytes.max(1));
        Ok((reads, pieces, workspaces))
    }

    /// Makes what is decoded later wait for the work that a stream was given so far.
    fn decode_after(&self, stream: &GpuStream) -> Result<()> {
        let before = GpuEvent::new(self.gpu.context())?;
        stream.record(&before)?;
        self.decoding.wait_for(&before)
    }

    /// Reads and copies all groups, and starts to decode them, after the work on a stream.
    ///
    /// # Safety
    /// There is memory where tensors are wanted, which nothing else uses meanwhile.
    unsafe fn start<'a>(
        &'a mut self,
        source: &'a dyn BlobSource,
        fronts: Vec<Front>,
        wanted: &[Vec<Wanted>],
        after: Option<&GpuStream>,
        progress: &dyn Progress,
    ) -> Result<PendingLoad<'a>> {
        // Of a load that was forgotten, work may be in progress.
        wait_for_all(&self.readers, &self.decoding)?;
        let (reads, pieces, workspaces) = self.plan(source, &fronts, wanted)?;
        after.map_or(Ok(()), |stream| self.decode_after(stream))?;
        progress.expect(reads.iter().map(Reads::byte_len).sum());
        let done = GpuEvent::new(self.gpu.context())?;
        let (gpu, slots, decoding) = (&self.gpu, &self.slots[..], &self.decoding);
        let work = Work { source, fronts: &fronts, reads: &reads, pieces, workspaces: &workspaces };
        let run = Run::new(Device { gpu, slots, decoding }, work, progress);
        let results = read_all(&mut self.readers, &run);
        let sums = run.checksums();
        // From here on all that was started is waited for, even where something failed.
        let (readers, decoding) = (&self.readers[..], &self.decoding);
        let pending = PendingLoad { readers, decoding, source, fronts, workspaces, done };
        results.into_iter().collect::<Result<()>>()?;
        check_sums(source, &pending.fronts, &sums)?;
        decoding.record(&pending.done)?;
        Ok(pending)
    }
}

impl Drop for GpuLoader {
    fn drop(&mut self) {
        // As for a load that was forgotten.
        let _ = wait_for_all(&self.readers, &self.decoding);
    }
}

/// Tensors, with their numbers in the source.
type Numbered = Vec<(usize, BlobInfo)>;

/// The tensors of these targets, and what is wanted of them; not those of which no rows are wanted.
fn find_all(
    source: &dyn BlobSource,
    targets: &[LoadTarget<'_>],
) -> Result<(Numbered, Vec<Wanted>)> {
    let (mut tensors, mut places) = (Vec::new(), Vec::new());
    for target in targets {
        let tensor = target.find(source)?;
        let place = target.wanted(source, &tensor)?;
        if !place.bytes.is_empty() || tensor.1.byte_len == 0 {
            tensors.push(tensor);
            places.push(place);
        }
    }
    Ok((tensors, places))
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
