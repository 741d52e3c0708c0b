//! Archives that a function of Python's reads.

use crate::errors::exception;
use crate::opened::Opened;
use crate::source::Source;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use std::io;
use std::path::PathBuf;
use wcodec::container::Limits;
use wcodec::{Archive, ReadAt};

/// Bytes that a function gives by their offset and their number.
struct FunctionReader {
    read: Py<PyAny>,
    len: u64,
}

impl ReadAt for FunctionReader {
    fn byte_len(&self) -> io::Result<u64> {
        Ok(self.len)
    }

    fn read_exact_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        Python::attach(|py| {
            let read = self.read.call1(py, (offset, bytes.len()))?;
            let read: PyBackedBytes = read.extract(py).map_err(PyErr::from)?;
            if read.len() != bytes.len() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            bytes.copy_from_slice(&read);
            Ok(())
        })
    }
}

/// Opens an archive of `len` bytes, which errors call by this name.
#[pyfunction]
pub fn open_reader(py: Python<'_>, read: Py<PyAny>, len: u64, name: PathBuf) -> PyResult<Source> {
    let reader = FunctionReader { read, len };
    let archive = py.detach(|| Archive::from_named_reader(reader, name, &Limits::new()));
    let archive = archive.map_err(|error| exception(py, &error))?;
    Ok(Source::new(Opened::Archive(Box::new(archive))))
}
