//! Tensors that are coded against those of bases, brought to a GPU.
#![allow(unsafe_code)]

use super::file::{BaseFile, Content};
use super::{BaseTensor, Bases};
use crate::container::{Archive, DeviceTensor, TensorInfo};
use crate::gpu::{DeviceMemory, GpuDeltaDecoder, GpuLoader, GpuStream, LoadTarget};
use crate::tensor::row_bytes;
use crate::{Error, Progress, Result};
use std::collections::BTreeMap;

/// What addresses are multiples of where kernels restore elements of any size.
const ALIGN: u64 = 16;

/// A tensor that is coded against others, and where it is restored, step by step.
struct Restored<'a> {
    tensor: &'a TensorInfo,
    /// The tensors of bases that lead to it, the one that decodes alone first.
    chain: Vec<BaseTensor>,
    /// Where each of them is in turn, and the tensor at last.
    address: u64,
    /// The memory there, and the copy from it, where that is not where the tensor is wanted.
    elsewhere: Option<(DeviceMemory, DeviceCopy)>,
}

/// Bytes from one device address to another.
struct DeviceCopy {
    from: u64,
    to: u64,
    len: u64,
}

impl Bases {
    /// As [`GpuLoader::load_into`], of an archive whose tensors are coded against those of these bases, or
    /// some of them: of each that is, the one that decodes alone is loaded first, and what the next ones
    /// differ in is added to it on the device, where the tensor is wanted. Of one that is not wanted
    /// whole, or not as long as one before it, that takes memory of its own.
    ///
    /// Checks are those of [`GpuLoader::load_into`] and [`Archive::decode_against_on_gpu`], and tensors
    /// of safetensors files are compared with the hash that is wanted.
    ///
    /// # Errors
    /// As [`Bases::check`], [`GpuLoader::load_into`] and [`Archive::decode_against_on_gpu`].
    ///
    /// # Safety
    /// As [`GpuLoader::load_into`].
    pub unsafe fn load_into(
        &self,
        archive: &Archive,
        targets: &[LoadTarget<'_>],
        loader: &mut GpuLoader,
        stream: &GpuStream,
        progress: &dyn Progress,
    ) -> Result<()> {
        let decoder = GpuDeltaDecoder::new(loader.decoder())?;
        let (mut alone, mut restored) = (Vec::new(), Vec::new());
        for target in targets {
            match archive.tensor(target.name)?.reference() {
                None => alone.push(target.clone()),
                Some(_) => restored.push(self.begin(archive, target, &decoder)?),
            }
        }
        // SAFETY: each tensor that is restored has memory of its own, or the target's; the rest is
        // the caller's condition.
        unsafe {
            loader.load_into(archive, &alone, stream, progress)?;
            self.load_first(&restored, (loader, &decoder), stream, progress)?;
            let longest = restored.iter().map(|restored| restored.chain.len()).max();
            for step in 1..longest.unwrap_or(0) {
                for (file, here) in self.by_file(&restored, step) {
                    let Content::Archive(base) = file.content() else { continue };
                    let name = |(number, address): &(usize, u64)| {
                        DeviceTensor::in_place(base.tensors()[*number].name(), *address)
                    };
                    let tensors: Vec<_> = here.iter().map(name).collect();
                    base.decode_against_on_gpu(&tensors, &decoder, stream)?;
                }
            }
            let last =
                |restored: &Restored<'_>| (restored.tensor.name().to_owned(), restored.address);
            let last: Vec<(String, u64)> = restored.iter().map(last).collect();
            let tensors = last.iter().map(|(name, address)| DeviceTensor::in_place(name, *address));
            archive.decode_against_on_gpu(&tensors.collect::<Vec<_>>(), &decoder, stream)?;
            copy_out(&restored, &decoder, stream)
        }
    }

    /// Finds what leads to a tensor, and a place for it.
    fn begin<'a>(
        &self,
        archive: &'a Archive,
        target: &LoadTarget<'_>,
        decoder: &GpuDeltaDecoder,
    ) -> Result<Restored<'a>> {
        let tensor = archive.tensor(target.name)?;
        let place = || archive.place(tensor);
        let missing = |reason| tensor.needs_base(place(), reason);
        let Some(reference) = tensor.reference() else { return Err(missing("it decodes alone")) };
        let mut chain = self.chain(reference, tensor.name(), &missing)?;
        chain.reverse();
        let len = tensor.byte_len();
        let longest = chain.iter().map(|base| self.file(*base).byte_len(base.number)).max();
        let is_alike = chain.iter().all(|base| self.file(*base).byte_len(base.number) == len);
        if target.rows.is_none() && is_alike && target.address.is_multiple_of(ALIGN) {
            return Ok(Restored { tensor, chain, address: target.address, elsewhere: None });
        }
        let bytes = match &target.rows {
            None => 0..len,
            Some(rows) => row_bytes(tensor.dtype(), tensor.shape(), rows, place)?,
        };
        let context = decoder.decoder().context();
        let memory = DeviceMemory::new(context, len.max(longest.unwrap_or(0)))?;
        let address = memory.address();
        let (from, to) = (address + bytes.start, target.address);
        let copy = DeviceCopy { from, to, len: bytes.end - bytes.start };
        Ok(Restored { tensor, chain, address, elsewhere: Some((memory, copy)) })
    }

    /// The tensors of bases at a step of their chains, by file: each by its number there, and with its
    /// address.
    fn by_file(
        &self,
        restored: &[Restored<'_>],
        step: usize,
    ) -> impl Iterator<Item = (&BaseFile, Vec<(usize, u64)>)> {
        let mut files: BTreeMap<usize, Vec<(usize, u64)>> = BTreeMap::new();
        for Restored { chain, address, .. } in restored {
            if let Some(base) = chain.get(step) {
                files.entry(base.file).or_default().push((base.number, *address));
            }
        }
        files.into_iter().map(|(file, here)| (&self.files[file], here))
    }

    /// Brings the tensors that decode alone to their places.
    ///
    /// # Safety
    /// The places are there, and nothing else uses them but for what was started on `stream` before.
    unsafe fn load_first(
        &self,
        restored: &[Restored<'_>],
        (loader, decoder): (&mut GpuLoader, &GpuDeltaDecoder),
        stream: &GpuStream,
        progress: &dyn Progress,
    ) -> Result<()> {
        for (file, here) in self.by_file(restored, 0) {
            match file.content() {
                Content::Archive(base) => {
                    let name = |number: usize| base.tensors()[number].name();
                    let targets = here.iter().map(|&(at, to)| LoadTarget::new(name(at), to));
                    // SAFETY: the caller's condition.
                    unsafe {
                        loader.load_into(&**base, &targets.collect::<Vec<_>>(), stream, progress)
                    }?;
                }
                Content::Safetensors(source, _) => {
                    let mut bytes = Vec::new();
                    for (number, address) in here {
                        source.read_tensor(number, &mut bytes)?;
                        if !file.reference(number)?.is(&bytes) {
                            return Err(Error::Changed { path: file.path().to_path_buf() });
                        }
                        // SAFETY: the caller's condition.
                        unsafe { decoder.write(address, &bytes, stream) }?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// Copies what was restored elsewhere to where it is wanted.
///
/// # Safety
/// All of that is there, and nothing else uses it but for what was started on `stream` before.
unsafe fn copy_out(
    restored: &[Restored<'_>],
    decoder: &GpuDeltaDecoder,
    stream: &GpuStream,
) -> Result<()> {
    let copies = restored.iter().filter_map(|restored| restored.elsewhere.as_ref());
    let copied = copies.map(|(_, DeviceCopy { from, to, len })| {
        // SAFETY: the caller's condition.
        unsafe { decoder.start_copy(*from, *to, *len, stream) }
    });
    let copied: Result<()> = copied.collect();
    stream.wait()?;
    copied
}
