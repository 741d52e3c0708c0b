//! Packed matrices in device memory of torch's, of which rows name their own.
#![allow(unsafe_code)]

use crate::errors::exception;
use crate::packed::{Given, Rows};
use crate::packed_gpu::{device_rows, kernels, matrix};
use pyo3::prelude::*;
use wcodec::Result;
use wcodec::gpu::{RawExperts, RawStream};

/// The experts of a layer, in a tensor of torch that stays where it is.
#[pyclass(frozen, module = "wcodec._native")]
pub struct PackedExperts {
    experts: RawExperts,
}

#[pymethods]
impl PackedExperts {
    /// A table of matrices of one shape on the device of this ordinal; their numbers are their
    /// places. It waits for the table to be written.
    #[new]
    fn new(py: Python<'_>, ordinal: u32, matrices: Vec<Given>) -> PyResult<Self> {
        let table = || {
            let kernels = kernels(ordinal)?;
            let matrices =
                matrices.iter().map(|given| matrix(&kernels, given)).collect::<Result<Vec<_>>>()?;
            // SAFETY: Python's sources take another table for a tensor at another address, and
            // hold on to the tensor while work uses it.
            unsafe { RawExperts::new(&kernels, &matrices) }
        };
        let experts = py.detach(table).map_err(|error| exception(py, &error))?;
        Ok(Self { experts })
    }

    /// Starts to multiply rows of x, of which each has as many rows of y as there are for one, each
    /// by the matrix that its 32-bit number names. Waits for nothing.
    fn multiply(
        &self,
        py: Python<'_>,
        x: Rows,
        numbers: u64,
        y: (u64, u64),
        stream: u64,
    ) -> PyResult<()> {
        let multiply = || {
            let columns = self.experts.shape().rows().into();
            let y = device_rows((y.0 as usize, y.1, columns, columns))?;
            let x = device_rows(x)?;
            // SAFETY: all addresses are those of tensors that torch gives to no other stream, and
            // the stream is of its context.
            unsafe { self.experts.launch_multiply(x, numbers, y, RawStream(stream)) }
        };
        py.detach(multiply).map_err(|error| exception(py, &error))
    }
}
