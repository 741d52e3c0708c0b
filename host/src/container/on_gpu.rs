//! Tensors that are coded against others, decoded on a GPU that has those in its memory.
#![allow(unsafe_code)]

use super::{Archive, TensorInfo};
use crate::delta::Delta;
use crate::gpu::{DeviceMemory, GpuDeltaDecoder, GpuDeltas, GpuStream};
use crate::{Error, Result};
use rayon::prelude::*;
use std::borrow::Cow;

/// Decoded bytes of the tensors that are decoded together, unless a single one has more: as many, at
/// most, does the workspace take.
const BATCH_BYTES: u64 = 1 << 30;

/// A tensor of an archive that is coded against another, and the device addresses of both: multiples
/// of the bytes of their elements, at most 8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeviceTensor<'a> {
    /// Its name in the archive.
    pub name: &'a str,
    /// The address of the tensor that it is coded against.
    pub reference: u64,
    /// The address that it is decoded to: the same where it is decoded in place.
    pub out: u64,
}

impl<'a> DeviceTensor<'a> {
    /// A tensor whose reference is at one address, and is to be decoded to another.
    pub fn new(name: &'a str, reference: u64, out: u64) -> Self {
        Self { name, reference, out }
    }

    /// A tensor that is decoded in place.
    pub fn in_place(name: &'a str, address: u64) -> Self {
        Self::new(name, address, address)
    }
}

/// A batch of tensors, each with its entry in the archive.
type Batch<'a, 'b> = [(&'a TensorInfo, &'a DeviceTensor<'b>)];

impl Archive {
    /// Decodes tensors that are coded against others ([`TensorInfo::reference`]) on a GPU, and returns
    /// when they are there: they are written after all earlier work on `stream`. The checksum of each
    /// blob is checked, and all that can be wrong with its delta; not whether the references are the
    /// right ones, nor the hash of what is decoded.
    ///
    /// After an error the tensors before may be decoded; the one that it names is as it was.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where a tensor needs no other, an address is not aligned, or the
    /// stream is of another context; [`Error::NoSuchTensor`]; [`Error::Corrupt`] naming the tensor;
    /// [`Error::Io`]; [`Error::OutOfMemory`]; [`Error::Gpu`].
    ///
    /// # Safety
    /// At the addresses on the decoder's device are the references, and room for the tensors; none of
    /// these overlaps anything but, in place, its own reference; and nothing else uses them until this
    /// returns, but for what was started on `stream` before.
    pub unsafe fn decode_against_on_gpu(
        &self,
        tensors: &[DeviceTensor<'_>],
        decoder: &GpuDeltaDecoder,
        stream: &GpuStream,
    ) -> Result<()> {
        let find = |tensor| self.with_reference(tensor).map(|info| (info, tensor));
        let all: Vec<_> = tensors.iter().map(find).collect::<Result<_>>()?;
        let mut rest = &all[..];
        while !rest.is_empty() {
            let (batch, after) = rest.split_at(batch_len(rest));
            // SAFETY: the caller's condition.
            let decoded = unsafe { self.decode_batch(batch, decoder, stream) };
            // In every case before memory that the device uses is freed, and the caller's is his.
            stream.wait()?;
            decoded?;
            rest = after;
        }
        Ok(())
    }

    fn with_reference(&self, tensor: &DeviceTensor<'_>) -> Result<&TensorInfo> {
        let info = &self.tensors()[self.number_of(tensor.name)?];
        if info.reference().is_some() {
            return Ok(info);
        }
        let reason = format!("{} is coded against no other", self.place(info));
        Err(Error::InvalidArgument(reason))
    }

    /// # Safety
    /// As [`Archive::decode_against_on_gpu`]; the caller waits for the stream.
    unsafe fn decode_batch(
        &self,
        batch: &Batch<'_, '_>,
        decoder: &GpuDeltaDecoder,
        stream: &GpuStream,
    ) -> Result<()> {
        let (unchanged, changed): (Vec<_>, Vec<_>) =
            batch.iter().copied().partition(|(info, _)| info.is_unchanged());
        for (info, tensor) in unchanged {
            // SAFETY: the caller's condition.
            unsafe { decoder.start_copy(tensor.reference, tensor.out, info.byte_len, stream) }?;
        }
        let infos: Vec<&TensorInfo> = changed.iter().map(|(info, _)| *info).collect();
        let blobs = self.read_blobs(&infos)?;
        let deltas = self.parse_deltas(&infos, &blobs)?;
        // What maps rows is not decoded in place: its reference is put elsewhere first.
        let (mut elsewhere, mut places) = (Vec::new(), Vec::new());
        for (delta, (_, tensor)) in deltas.iter().zip(&changed) {
            let mut reference = tensor.reference;
            if delta.has_row_map() && reference == tensor.out {
                let len = delta.reference_len();
                let memory = DeviceMemory::new(decoder.decoder().context(), len)?;
                // SAFETY: the memory is new, and as long.
                unsafe { decoder.start_copy(reference, memory.address(), len, stream) }?;
                reference = memory.address();
                elsewhere.push(memory);
            }
            places.push((delta, reference, tensor.out));
        }
        let batch = GpuDeltas::upload(decoder, &places)?;
        // SAFETY: the caller's condition.
        unsafe { batch.decode_on(stream) }?;
        // Before what is elsewhere is freed.
        let faults = batch.faults();
        stream.wait()?;
        self.first_fault(&infos, faults?)
    }

    /// Reads the blobs of some tensors, their checksums checked.
    pub(crate) fn read_blobs(&self, infos: &[&TensorInfo]) -> Result<Vec<Cow<'_, [u8]>>> {
        infos.par_iter().map(|info| self.read_blob(info)).collect()
    }

    /// Parses the blobs of some tensors, which are deltas.
    pub(crate) fn parse_deltas<'a>(
        &self,
        infos: &[&TensorInfo],
        blobs: &'a [Cow<'_, [u8]>],
    ) -> Result<Vec<Delta<'a>>> {
        infos.iter().zip(blobs).map(|(info, blob)| self.parse_delta(info, blob)).collect()
    }

    /// The first fault of some tensors' deltas as an error that names the tensor.
    pub(crate) fn first_fault(
        &self,
        infos: &[&TensorInfo],
        faults: Vec<Option<Error>>,
    ) -> Result<()> {
        let found = infos.iter().zip(faults).find_map(|(info, fault)| Some((info, fault?)));
        match found {
            None => Ok(()),
            Some((info, fault)) => Err(fault.within(&self.place(info))),
        }
    }
}

/// The number of the first tensors that are decoded together, at least one.
fn batch_len(tensors: &Batch<'_, '_>) -> usize {
    let mut bytes = 0u64;
    let fits = tensors.iter().take_while(|(info, _)| {
        bytes = bytes.saturating_add(info.byte_len());
        bytes <= BATCH_BYTES
    });
    fits.count().max(1)
}
