//! Steps that are applied to weights in the memory of a GPU.
#![allow(unsafe_code)]

use super::apply::Step;
use crate::Result;
use crate::container::TensorInfo;
use crate::gpu::{GpuDeltaDecoder, GpuDeltas, GpuStream};

impl Step {
    /// As [`Step::apply`], where the tensors are in device memory, each given by name and address, a
    /// multiple of 8, after all earlier work on `stream`; returns when that is done. Checksums are
    /// checked, and all that can be wrong with the differences, before anything is changed: where it
    /// fails, nothing is.
    ///
    /// Hashes are not compared, as that would take longer than all else: whether the tensors are those
    /// before the step is for the caller to know. Memory is taken for the step, and for what its
    /// differences decode to.
    ///
    /// # Errors
    /// [`crate::Error::InvalidArgument`] where not just the step's tensors are given, each once, an
    /// address is not aligned, or the stream is of another context; [`crate::Error::Corrupt`];
    /// [`crate::Error::OutOfMemory`]; [`crate::Error::Gpu`].
    ///
    /// # Safety
    /// At each address on the decoder's device are the bytes of the tensor, which nothing else uses
    /// until this returns, but for what was started on `stream` before; none overlap.
    pub unsafe fn apply_on_gpu(
        &self,
        tensors: &[(&str, u64)],
        decoder: &GpuDeltaDecoder,
        stream: &GpuStream,
    ) -> Result<()> {
        let numbers = self.numbers_of(tensors.iter().map(|(name, _)| *name))?;
        let info = |&number: &usize| &self.tensors()[number];
        let changed: Vec<(&TensorInfo, u64)> = numbers
            .iter()
            .zip(tensors)
            .map(|(number, (_, address))| (info(number), *address))
            .filter(|(info, _)| !info.is_unchanged())
            .collect();
        let infos: Vec<&TensorInfo> = changed.iter().map(|(info, _)| *info).collect();
        let archive = self.archive();
        let blobs = archive.read_blobs(&infos)?;
        let deltas = archive.parse_deltas(&infos, &blobs)?;
        for (delta, info) in deltas.iter().zip(&infos) {
            self.check_rows_stay(delta, info)?;
        }
        let places = deltas.iter().zip(&changed).map(|(delta, &(_, at))| (delta, at, at));
        let batch = GpuDeltas::upload(decoder, &places.collect::<Vec<_>>())?;
        batch.check_on(stream)?;
        archive.first_fault(&infos, batch.faults()?)?;
        // SAFETY: the caller's condition.
        let restored = unsafe { batch.restore_on(stream) };
        // In every case before the caller's memory is his.
        stream.wait()?;
        restored
    }
}
