//! Packed matrices in memory of torch's, by its addresses: on the CPU, and what both devices share.

use crate::errors::exception;
use crate::memory::Bytes;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use wcodec::packed::{
    Description, Form, PackedMatrix, PackedView, Shape, WeightRows, header_without_checksum,
};
use wcodec::{Error, Result};

/// Address, bytes, rows, columns, and the exponent of the scale, -1 of a matrix that is held whole.
pub type Given = (usize, usize, u64, u64, i16);
/// Rows of BF16 numbers: address, rows, columns, and numbers from one row to the next.
pub type Rows = (usize, u64, u64, u64);

/// The description of a matrix.
pub fn description(&(_, len, rows, columns, scale): &Given) -> Result<Description> {
    let form = if scale < 0 { Form::Whole } else { Form::Fast };
    let scale = u8::try_from(scale.max(0)).unwrap_or(u8::MAX);
    let described = Shape::new(rows, columns)
        .and_then(|shape| Description::new(shape, form, scale, len as u64));
    described.ok_or_else(|| {
        Error::InvalidArgument(format!(
            "{len} bytes are no packed matrix of {rows} x {columns} weights"
        ))
    })
}

/// The scale as Python has it.
pub fn exponent(description: Description) -> i16 {
    if description.form() == Form::Whole { -1 } else { description.scale().into() }
}

/// The form of this name.
pub fn form(name: &str) -> Result<Form> {
    match name {
        "fast" => Ok(Form::Fast),
        "whole" => Ok(Form::Whole),
        _ => Err(Error::InvalidArgument(format!(
            "there is no form {name:?}: take \"fast\" or \"whole\""
        ))),
    }
}

fn view<'a>(given: &Given) -> Result<PackedView<'a>> {
    PackedView::new(Bytes::new(given.0, given.1).as_slice(), description(given)?)
}

fn host_rows<'a>((address, rows, columns, stride): Rows) -> Result<WeightRows<'a>> {
    let before = rows.saturating_sub(1).checked_mul(stride);
    let bytes = before.and_then(|before| before.checked_add(columns)?.checked_mul(2));
    let len = if rows == 0 { Some(0) } else { bytes };
    let len = len.and_then(|len| usize::try_from(len).ok());
    let reason = || Error::InvalidArgument(format!("{rows} rows of {columns} numbers"));
    let bytes = Bytes::new(address, len.ok_or_else(reason)?);
    WeightRows::with_stride(bytes.as_slice(), rows, columns, stride)
}

/// A matrix that was packed, to be copied to memory of torch's.
#[pyclass(frozen, module = "wcodec._native")]
pub struct Packed {
    matrix: PackedMatrix,
}

#[pymethods]
impl Packed {
    #[getter]
    fn byte_len(&self) -> u64 {
        self.matrix.byte_len()
    }

    #[getter]
    fn scale(&self) -> i16 {
        exponent(self.matrix.view().description())
    }

    /// Copies the matrix to as many bytes at an address.
    fn copy_to(&self, py: Python<'_>, address: usize) {
        let from = self.matrix.view().bytes();
        let to = Bytes::new(address, from.len()).into_slice();
        py.detach(|| to.copy_from_slice(from));
    }
}

/// Packs rows of BF16 numbers in a form.
#[pyfunction]
pub fn packed_pack(py: Python<'_>, rows: Rows, form_name: &str) -> PyResult<Packed> {
    let pack = || PackedMatrix::pack(&host_rows(rows)?, form(form_name)?);
    let matrix = py.detach(pack).map_err(|error| exception(py, &error))?;
    Ok(Packed { matrix })
}

/// The header of a matrix, without a checksum of its bytes.
#[pyfunction]
pub fn packed_header(py: Python<'_>, given: Given) -> PyResult<Bound<'_, PyBytes>> {
    let description = description(&given).map_err(|error| exception(py, &error))?;
    Ok(PyBytes::new(py, &header_without_checksum(description)))
}

/// Checks a header and bytes from elsewhere, and gives rows, columns and scale.
#[pyfunction]
pub fn packed_check(
    py: Python<'_>,
    header: &[u8],
    address: usize,
    len: usize,
) -> PyResult<(u32, u32, i16)> {
    let bytes = Bytes::new(address, len);
    let view = py
        .detach(|| PackedView::parse(header, bytes.as_slice()))
        .map_err(|error| exception(py, &error))?;
    let shape = view.shape();
    Ok((shape.rows(), shape.columns(), exponent(view.description())))
}

/// Multiplies rows of x, to rows that follow one another at the address of y. A bias is as many
/// BF16 numbers as the matrix has rows.
#[pyfunction]
pub fn packed_multiply(
    py: Python<'_>,
    given: Given,
    x: Rows,
    bias: Option<usize>,
    y: usize,
) -> PyResult<()> {
    let multiply = || {
        let matrix = view(&given)?;
        let bias = bias.map(|bias| Bytes::new(bias, 2 * matrix.shape().rows() as usize));
        let product = matrix.multiply(&host_rows(x)?, bias.map(Bytes::as_slice))?;
        Bytes::new(y, product.len()).into_slice().copy_from_slice(&product);
        Ok(())
    };
    py.detach(multiply).map_err(|error| exception(py, &error))
}

/// Unpacks all weights, to rows that follow one another at an address.
#[pyfunction]
pub fn packed_unpack(py: Python<'_>, given: Given, out: usize) -> PyResult<()> {
    let unpack = || {
        let weights = view(&given)?.unpack()?;
        Bytes::new(out, weights.len()).into_slice().copy_from_slice(&weights);
        Ok(())
    };
    py.detach(unpack).map_err(|error| exception(py, &error))
}
