//! What a file, a folder or bytes in memory hold, for Python.

use crate::decoders::{DeviceDecoder, cpu_decoder};
use crate::decoding::decode_all;
use crate::errors::{argument, exception};
use crate::interrupt::interruptible;
use crate::memory::Bytes;
use crate::metadata::Strings;
use crate::opened::{Info, Job, Opened};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use wcodec::{Archive, Model};

/// A tensor that is wanted: name, rows (start and end; all where None), address and bytes.
type Wanted = (String, Option<(u64, u64)>, usize, usize);

/// The same as jobs, and their bytes.
fn jobs_of(wanted: Vec<Wanted>) -> (Vec<Job>, u64) {
    let job = |(name, rows, address, len): Wanted| Job {
        name,
        rows: rows.map(|(start, end)| start..end),
        out: Bytes::new(address, len),
    };
    let jobs: Vec<Job> = wanted.into_iter().map(job).collect();
    let bytes = jobs.iter().map(|job| job.out.len() as u64).sum();
    (jobs, bytes)
}

/// Tensors that are open, until they are closed.
#[pyclass(frozen, module = "wcodec._native")]
pub struct Source {
    opened: Mutex<Option<Arc<Opened>>>,
    path: PathBuf,
}

impl Source {
    fn new(opened: Opened) -> Self {
        let path = opened.path().to_path_buf();
        Self { opened: Mutex::new(Some(Arc::new(opened))), path }
    }

    /// The tensors, which stay open while the caller has them, whatever other threads do.
    fn opened(&self, py: Python<'_>) -> PyResult<Arc<Opened>> {
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let closed = || argument(py, &format!("{} is closed", self.path.display()));
        opened.clone().ok_or_else(closed)
    }
}

#[pymethods]
impl Source {
    fn tensors(&self, py: Python<'_>) -> PyResult<Vec<Info>> {
        let opened = self.opened(py)?;
        Ok(py.detach(|| opened.tensors()))
    }

    fn files(&self, py: Python<'_>) -> PyResult<Vec<PathBuf>> {
        Ok(self.opened(py)?.files())
    }

    fn warnings(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        Ok(self.opened(py)?.warnings())
    }

    fn metadata(&self, py: Python<'_>) -> PyResult<Option<Strings>> {
        let opened = self.opened(py)?;
        py.detach(|| opened.metadata()).map_err(|error| exception(py, &error))
    }

    /// Decodes tensors, or rows of them, each to the bytes at an address; on the CPU unless a decoder is given.
    #[pyo3(signature = (jobs, decoder=None))]
    fn decode(
        &self,
        py: Python<'_>,
        jobs: Vec<Wanted>,
        decoder: Option<Bound<'_, DeviceDecoder>>,
    ) -> PyResult<()> {
        let opened = self.opened(py)?;
        let decoder = decoder.map(|given| Arc::clone(&given.get().decoder));
        let (jobs, bytes) = jobs_of(jobs);
        interruptible(py, bytes, move |cancelled| {
            let decoder = match &decoder {
                Some(decoder) => decoder,
                None => cpu_decoder()?,
            };
            decode_all(&opened, decoder, jobs, cancelled)
        })
    }

    fn close(&self) {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    #[getter]
    fn is_closed(&self) -> bool {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }
}

/// Opens a file, or a folder of them.
#[pyfunction]
pub fn open_path(py: Python<'_>, path: PathBuf) -> PyResult<Source> {
    let model = py.detach(|| Model::open(path)).map_err(|error| exception(py, &error))?;
    Ok(Source::new(Opened::Model(Box::new(model))))
}

/// Opens an archive that lies in memory.
#[pyfunction]
pub fn open_bytes(py: Python<'_>, bytes: PyBackedBytes) -> PyResult<Source> {
    let archive =
        py.detach(|| Archive::from_bytes(bytes)).map_err(|error| exception(py, &error))?;
    Ok(Source::new(Opened::Archive(Box::new(archive))))
}
