//! Archives that are copied to a GPU as they are, and decoded there.
#![allow(unsafe_code)]

use crate::errors::exception;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use wcodec::blob::BlobFront;
use wcodec::gpu::{GpuDecoder, GpuEvent, GpuPlan, GpuStream, Place, PlannedTensor, RawStream};
use wcodec::{Archive, BlobSource, Result};

/// Blobs, decoded tensors and memory for decoding lie on multiples of this.
const ALIGN: u64 = 256;

/// The plan that decodes all tensors of an archive, wherever that was copied to.
#[pyclass(frozen, module = "wcodec._native")]
pub struct CopiedArchive {
    decoder: GpuDecoder,
    /// Of the names of the tensors the offsets of their decoded bytes.
    tensors: Vec<(String, u64)>,
    blobs: Vec<BlobPlace>,
    decoded_len: u64,
    /// Of the plan's workspace and what is decoded on the way, which lies after it.
    work_len: u64,
    state: Mutex<State>,
}

/// The plan, which is pinned, and reached once it was last copied to the device.
struct State {
    plan: GpuPlan,
    copied: GpuEvent,
}

/// Where a blob lies in the archive, and its decoded bytes and scratch memory in theirs.
struct BlobPlace {
    archive: u64,
    out: u64,
    scratch: u64,
}

/// The end of a part that begins at an offset, and is as long, rounded up.
fn end_of(start: u64, len: u64) -> u64 {
    start.saturating_add(len).div_ceil(ALIGN).saturating_mul(ALIGN)
}

impl CopiedArchive {
    fn plan(decoder: GpuDecoder, archive: &Archive) -> Result<Self> {
        let (mut fronts, mut offsets, mut tensors) = (Vec::new(), BTreeMap::new(), Vec::new());
        let (mut blobs, mut decoded_len, mut scratch_len) = (Vec::<BlobPlace>::new(), 0, 0);
        for number in 0..archive.blob_count() {
            let info = archive.blob_info(number);
            let out = *offsets.entry(info.blob).or_insert(decoded_len);
            tensors.push((info.name.clone(), out + info.start));
            if out < decoded_len {
                continue;
            }
            let mut bytes = vec![0; usize::try_from(info.blob_len).unwrap_or(usize::MAX)];
            archive.read_blob_at(number, 0, &mut bytes)?;
            let archive = archive.tensors()[number].blob_offset();
            blobs.push(BlobPlace { archive, out, scratch: 0 });
            fronts.push((bytes, info.blob_len));
            // Of each at least one byte, so that no two begin at one offset.
            decoded_len = end_of(decoded_len, info.blob_byte_len.max(1));
        }
        let fronts: Vec<_> = fronts
            .iter()
            .map(|(bytes, len)| BlobFront::parse(bytes, *len))
            .collect::<Result<_>>()?;
        for (blob, front) in blobs.iter_mut().zip(&fronts) {
            blob.scratch = scratch_len;
            let rows = PlannedTensor::all_rows(front);
            scratch_len = end_of(scratch_len, PlannedTensor::scratch_len(front, &rows));
        }
        let planned: Vec<_> =
            fronts.iter().map(|front| PlannedTensor::whole(front, 0, 0)).collect();
        let mut plan = GpuPlan::new(&planned)?;
        plan.pin(decoder.context())?;
        let work_len = end_of(plan.workspace_len(), 0).saturating_add(scratch_len);
        let copied = GpuEvent::new(decoder.context())?;
        let state = Mutex::new(State { plan, copied });
        Ok(Self { decoder, tensors, blobs, decoded_len, work_len, state })
    }

    /// Starts to decode.
    ///
    /// # Safety
    /// The archive lies at its address, and from the others on there are as many bytes as this says,
    /// all on the decoder's device, which nothing else uses until the work on the stream is done.
    /// That is one of the primary context.
    unsafe fn launch(&self, archive: u64, out: u64, work: u64, stream: u64) -> Result<()> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { plan, copied } = &mut *state;
        let scratch = work + end_of(plan.workspace_len(), 0);
        let places: Vec<_> = self
            .blobs
            .iter()
            .map(|blob| Place::new(archive + blob.archive, out + blob.out))
            .zip(&self.blobs)
            .map(|(place, blob)| place.scratch(scratch + blob.scratch))
            .collect();
        if plan
            .places()
            .iter()
            .zip(&places)
            .any(|(old, new)| (old.blob, old.out, old.scratch) != (new.blob, new.out, new.scratch))
        {
            // It may still be on its way to where the archive lay before.
            copied.wait()?;
            plan.relocate(&places)?;
        }
        // SAFETY: the caller's condition.
        let stream = unsafe { GpuStream::from_raw(self.decoder.context(), RawStream(stream)) };
        // SAFETY: the plan is changed only once the event says that it was copied, and lives as long
        // as this, which waits for that when it is dropped. It was made from fronts that were
        // checked, and the kernels stay inside what those say whatever the copied words are; the
        // rest is the caller's condition.
        unsafe {
            self.decoder.upload_plan(plan, work, stream.raw())?;
            stream.record(copied)?;
            self.decoder.launch(plan, work, stream.raw())
        }
    }
}

impl Drop for CopiedArchive {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        // Where waiting fails the context is gone, and what was copied in it.
        let _ = state.copied.wait();
    }
}

#[pymethods]
impl CopiedArchive {
    /// The plan of an archive of these bytes, for the device of this ordinal.
    #[new]
    fn new(py: Python<'_>, ordinal: u32, bytes: PyBackedBytes) -> PyResult<Self> {
        let plan = || Self::plan(GpuDecoder::open(ordinal)?, &Archive::from_bytes(bytes)?);
        py.detach(plan).map_err(|error| exception(py, &error))
    }

    /// Names, and offsets among the decoded bytes.
    #[getter]
    fn tensors(&self) -> Vec<(String, u64)> {
        self.tensors.clone()
    }

    #[getter]
    fn decoded_len(&self) -> u64 {
        self.decoded_len
    }

    #[getter]
    fn work_len(&self) -> u64 {
        self.work_len
    }

    /// Starts to decode on a stream, from and to addresses of the device, 256-byte aligned. Waits
    /// for nothing, but where the addresses are others than before for the plan to have been copied.
    fn decode(
        &self,
        py: Python<'_>,
        archive: u64,
        out: u64,
        work: u64,
        stream: u64,
    ) -> PyResult<()> {
        // SAFETY: the Python sources give addresses of tensors of torch that are as long, and hold
        // on to them until an event after the work was reached.
        let launch = || unsafe { self.launch(archive, out, work, stream) };
        py.detach(launch).map_err(|error| exception(py, &error))
    }
}
