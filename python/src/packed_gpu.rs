//! Packed matrices in device memory of torch's, by its addresses and streams.
#![allow(unsafe_code)]

use crate::errors::exception;
use crate::packed::{Given, Rows, description, exponent, form};
use pyo3::prelude::*;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use wcodec::Result;
use wcodec::gpu::{
    GpuContext, GpuPackedKernels, GpuPackedMatrix, GpuStream, RawPackedMatrix, RawProduct, RawRows,
    RawStream,
};

/// The kernels of a device, in its primary context: the one that torch uses.
///
/// Addresses and streams are those of tensors and streams of torch, which its sources hold on to:
/// torch's allocator gives memory again to work on the same stream alone.
#[pyclass(frozen, module = "wcodec._native")]
pub struct PackedGpu {
    kernels: GpuPackedKernels,
}

/// The kernels of a device, loaded once.
pub fn kernels(ordinal: u32) -> Result<GpuPackedKernels> {
    static LOADED: Mutex<BTreeMap<u32, GpuPackedKernels>> = Mutex::new(BTreeMap::new());
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(kernels) = loaded.get(&ordinal) {
        return Ok(kernels.clone());
    }
    let kernels = GpuPackedKernels::new(&GpuContext::open(ordinal)?)?;
    loaded.insert(ordinal, kernels.clone());
    Ok(kernels)
}

pub fn device_rows((address, rows, columns, stride): Rows) -> Result<RawRows> {
    RawRows::new(address as u64, rows, columns, stride)
}

#[pymethods]
impl PackedGpu {
    /// The kernels of the device of this ordinal.
    #[new]
    fn new(py: Python<'_>, ordinal: u32) -> PyResult<Self> {
        let kernels = py.detach(|| kernels(ordinal)).map_err(|error| exception(py, &error))?;
        Ok(Self { kernels })
    }

    /// Rows of x up to which products with packed weights are the faster ones.
    #[getter]
    fn most_packed_rows(&self) -> u32 {
        self.kernels.most_packed_rows()
    }

    /// Packs rows of BF16 numbers in a form, after what the stream was given, and waits.
    fn pack(
        &self,
        py: Python<'_>,
        rows: Rows,
        form_name: &str,
        stream: u64,
    ) -> PyResult<PackedOnGpu> {
        let pack = || {
            // SAFETY: a stream of torch lives as long as the process, and is of its context.
            let stream = unsafe { GpuStream::from_raw(self.kernels.context(), RawStream(stream)) };
            let (rows, form) = (device_rows(rows)?, form(form_name)?);
            // SAFETY: the rows are a tensor's, which lives until this returns.
            unsafe { GpuPackedMatrix::pack_raw(&self.kernels, rows, form, &stream) }
        };
        let matrix = py.detach(pack).map_err(|error| exception(py, &error))?;
        Ok(PackedOnGpu { matrix })
    }

    /// Starts to multiply rows of x by matrices, each with the address of its bias and of rows of y
    /// that follow one another. Waits for nothing.
    fn multiply(
        &self,
        py: Python<'_>,
        products: Vec<(Given, Option<u64>, usize)>,
        x: Rows,
        stream: u64,
    ) -> PyResult<()> {
        let multiply = || {
            let product = |(given, bias, y): (Given, Option<u64>, usize)| {
                let y = device_rows((y, x.1, given.2, given.2))?;
                Ok(RawProduct::new(self.matrix(&given)?, y).bias(bias))
            };
            let products = products.into_iter().map(product).collect::<Result<Vec<_>>>()?;
            // SAFETY: all addresses are those of tensors that torch gives to no other stream, and
            // the stream is of its context.
            unsafe { self.kernels.launch_multiply(&products, device_rows(x)?, RawStream(stream)) }
        };
        py.detach(multiply).map_err(|error| exception(py, &error))
    }

    /// Starts to unpack rows of a matrix, from one that is a multiple of 16 to before another or the
    /// last, to rows that follow one another. Waits for nothing.
    fn unpack(
        &self,
        py: Python<'_>,
        given: Given,
        rows: (u32, u32),
        out: usize,
        stream: u64,
    ) -> PyResult<()> {
        let unpack = || {
            let height = rows.1.saturating_sub(rows.0).into();
            let out = device_rows((out, height, given.3, given.3))?;
            // SAFETY: as for `multiply`.
            unsafe { self.matrix(&given)?.launch_unpack(rows.0..rows.1, out, RawStream(stream)) }
        };
        py.detach(unpack).map_err(|error| exception(py, &error))
    }
}

impl PackedGpu {
    fn matrix(&self, given: &Given) -> Result<RawPackedMatrix<'_>> {
        matrix(&self.kernels, given)
    }
}

/// The matrix that a tensor holds.
pub fn matrix<'a>(kernels: &'a GpuPackedKernels, given: &Given) -> Result<RawPackedMatrix<'a>> {
    let description = description(given)?;
    // SAFETY: the bytes were packed, or checked, by this package before they came to the tensor
    // whose address this is; it lives, and is written to by nothing, while work uses it.
    unsafe { RawPackedMatrix::new(kernels, given.0 as u64, description) }
}

/// A matrix that was packed on a device, to be copied to memory of torch's.
#[pyclass(frozen, module = "wcodec._native")]
pub struct PackedOnGpu {
    matrix: GpuPackedMatrix,
}

#[pymethods]
impl PackedOnGpu {
    #[getter]
    fn byte_len(&self) -> u64 {
        self.matrix.byte_len()
    }

    #[getter]
    fn scale(&self) -> i16 {
        exponent(self.matrix.description())
    }

    /// Copies the matrix to as many bytes at an address, on a stream, and waits for it.
    fn copy_to(&self, py: Python<'_>, address: u64, stream: u64) -> PyResult<()> {
        let copy = || {
            let context = self.matrix.kernels().context();
            // SAFETY: a stream of torch lives as long as the process, and is of its context.
            let stream = unsafe { GpuStream::from_raw(context, RawStream(stream)) };
            // SAFETY: the address is that of a tensor that was made for it; this lives until the
            // copy was waited for.
            unsafe { self.matrix.launch_copy(address, stream.raw()) }?;
            stream.wait()
        };
        py.detach(copy).map_err(|error| exception(py, &error))
    }
}
