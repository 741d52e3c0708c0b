//! What a file, a folder or bytes in memory hold, for Python.

use crate::decoders::{DeviceDecoder, cpu_decoder};
use crate::decoding::decode_all;
use crate::errors::{argument, exception};
use crate::gpu;
use crate::interrupt::interruptible;
use crate::memory::Bytes;
use crate::metadata::Strings;
use crate::opened::{Info, Job, Opened};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use wcodec::Archive;

/// A start and an end; all where None.
type Bounds = Option<(u64, u64)>;
/// A tensor that is wanted: name, rows, columns, address and bytes.
type Wanted = (String, Bounds, Bounds, usize, usize);

/// The same as jobs, and their bytes.
fn jobs_of(wanted: Vec<Wanted>) -> (Vec<Job>, u64) {
    let range = |bounds: Bounds| bounds.map(|(start, end)| start..end);
    let job = |(name, rows, columns, address, len): Wanted| Job {
        name,
        rows: range(rows),
        columns: range(columns),
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
    pub fn new(opened: Opened) -> Self {
        let path = opened.path().to_path_buf();
        Self { opened: Mutex::new(Some(Arc::new(opened))), path }
    }

    /// The tensors, which stay open while the caller has them, whatever other threads do.
    pub fn opened(&self, py: Python<'_>) -> PyResult<Arc<Opened>> {
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

    /// Where the blobs of these tensors begin and end in an archive that a reader gets.
    fn blob_ranges(&self, py: Python<'_>, names: Vec<String>) -> PyResult<Vec<(u64, u64)>> {
        let opened = self.opened(py)?;
        opened.blob_ranges(&names).map_err(|error| exception(py, &error))
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

    /// Decodes tensors of archives, or rows of them, each to the bytes at an address on a GPU.
    #[allow(unsafe_code)]
    fn load_to_gpu(
        &self,
        py: Python<'_>,
        jobs: Vec<Wanted>,
        ordinal: u32,
        stream: u64,
    ) -> PyResult<()> {
        let opened = self.opened(py)?;
        let (jobs, bytes) = jobs_of(jobs);
        interruptible(py, bytes, move |cancelled| {
            // SAFETY: the Python sources hand over memory that torch has just given them on this device and its current
            // stream there, and use it for nothing else until this returns.
            unsafe { gpu::load(&opened, &jobs, (ordinal, stream), cancelled) }
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

/// Opens a file, or a folder of them, and what its tensors are coded against.
#[pyfunction]
pub fn open_path(py: Python<'_>, path: PathBuf, bases: Vec<PathBuf>) -> PyResult<Source> {
    let opened = py.detach(|| Opened::open(path, &bases)).map_err(|error| exception(py, &error))?;
    Ok(Source::new(opened))
}

/// Opens an archive that lies in memory.
#[pyfunction]
pub fn open_bytes(py: Python<'_>, bytes: PyBackedBytes) -> PyResult<Source> {
    let archive =
        py.detach(|| Archive::from_bytes(bytes)).map_err(|error| exception(py, &error))?;
    Ok(Source::new(Opened::Archive(Box::new(archive))))
}
