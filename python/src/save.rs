//! Tensors in memory, as an archive.

use crate::errors::{argument, exception};
use crate::interrupt::interruptible;
use crate::memory::Bytes;
use crate::metadata::Strings;
use crate::settings::profile;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::io::{Cursor, Seek, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use wcodec::container::{ArchiveWriter, ContentHash, Manifest, Metadata, TensorSpec};
use wcodec::{Dtype, Encoder, Error, Result, TensorView};

/// A tensor of Python's: name, dtype, shape, address and bytes.
type Given = (String, String, Vec<u64>, usize, usize);

/// What is to be written.
struct Tensors {
    manifest: Manifest,
    /// The bytes of each tensor of the manifest.
    data: Vec<Bytes>,
    encoder: Encoder,
}

impl Tensors {
    fn new(
        py: Python<'_>,
        given: Vec<Given>,
        metadata: Option<Strings>,
        profile_name: &str,
    ) -> PyResult<Self> {
        let mut tensors = Vec::with_capacity(given.len());
        for (name, dtype, shape, address, len) in given {
            let dtype: Dtype =
                dtype.parse().map_err(|error| argument(py, &format!("{dtype:?} is {error}")))?;
            let spec = TensorSpec::new(name, dtype, shape);
            tensors.push((spec, Bytes::new(address, len)));
        }
        // The order of safetensors: wide elements first, so that all are aligned in a file of it.
        tensors.sort_by(|(one, _), (other, _)| {
            other.dtype.cmp(&one.dtype).then_with(|| one.name.cmp(&other.name))
        });
        let (specs, data): (Vec<_>, Vec<_>) = tensors.into_iter().unzip();
        let mut manifest = Manifest::new(specs);
        let metadata = metadata.map(Metadata::new).transpose();
        manifest.metadata = metadata.map_err(|error| exception(py, &error))?;
        let bytes = data.iter().map(|bytes: &Bytes| bytes.len() as u64).sum();
        let encoder = Encoder::new().profile(profile(py, profile_name)?).batch_bytes(bytes);
        Ok(Self { manifest, data, encoder })
    }

    fn bytes(&self) -> u64 {
        self.data.iter().map(|bytes| bytes.len() as u64).sum()
    }

    /// Encodes every tensor, and writes it.
    fn write<W: Write + Seek>(
        &self,
        mut writer: ArchiveWriter<W>,
        cancelled: &AtomicBool,
    ) -> Result<W> {
        let mut blob = Vec::new();
        for (spec, bytes) in self.manifest.tensors.iter().zip(&self.data) {
            if cancelled.load(Ordering::Relaxed) {
                return Err(Error::Cancelled);
            }
            let (shape, bytes) = (spec.shape.to_vec(), bytes.as_slice());
            self.encoder.encode_into(&TensorView::new(spec.dtype, &shape, bytes)?, &mut blob)?;
            writer.append(&blob, ContentHash::of(bytes))?;
        }
        writer.finish()
    }
}

/// Writes an archive, which appears whole or not at all, in place of the file that there may be.
#[pyfunction]
pub fn save_file(
    py: Python<'_>,
    path: PathBuf,
    tensors: Vec<Given>,
    metadata: Option<Strings>,
    profile_name: &str,
) -> PyResult<()> {
    let tensors = Tensors::new(py, tensors, metadata, profile_name)?;
    interruptible(py, tensors.bytes(), move |cancelled| {
        let writer = ArchiveWriter::replace(&path, tensors.manifest.clone())?;
        tensors.write(writer, cancelled)?.commit()
    })
}

/// An archive in memory.
#[pyfunction]
pub fn save<'py>(
    py: Python<'py>,
    tensors: Vec<Given>,
    metadata: Option<Strings>,
    profile_name: &str,
) -> PyResult<Bound<'py, PyBytes>> {
    let tensors = Tensors::new(py, tensors, metadata, profile_name)?;
    let archive = interruptible(py, tensors.bytes(), move |cancelled| {
        let out = Cursor::new(Vec::new());
        let writer = ArchiveWriter::new(out, "<memory>", tensors.manifest.clone())?;
        Ok(tensors.write(writer, cancelled)?.into_inner())
    })?;
    Ok(PyBytes::new(py, &archive))
}
