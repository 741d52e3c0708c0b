//! The library's errors as exceptions, whose classes `wcodec.errors` defines.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use std::path::Path;
use wcodec::Error;

/// The exception for an error of the library.
pub fn exception(py: Python<'_>, error: &Error) -> PyErr {
    let (errno, file) = match error {
        Error::Io { path, source, .. } => (source.raw_os_error(), Some(path.as_path())),
        Error::OutputExists { path } => (None, Some(path.as_path())),
        _ => (None, None),
    };
    make(py, error.code(), &error.to_string(), errno, file).unwrap_or_else(|failed| failed)
}

/// The exception for an argument that does not fit, as `wcodec.ArgumentError`.
pub fn argument(py: Python<'_>, message: &str) -> PyErr {
    make(py, "invalid_argument", message, None, None).unwrap_or_else(|failed| failed)
}

fn make(
    py: Python<'_>,
    code: &str,
    message: &str,
    errno: Option<i32>,
    file: Option<&Path>,
) -> PyResult<PyErr> {
    static MAKE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let make = MAKE.import(py, "wcodec.errors", "_make")?;
    Ok(PyErr::from_value(make.call1((code, message, errno, file))?))
}
