//! Steps of training: encoded against the weights before, and applied to them in place.

use crate::decoders::cpu_decoder;
use crate::errors::{argument, exception};
use crate::interrupt::interruptible;
use crate::memory::Bytes;
use crate::settings::profile;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;
use wcodec::steps::{StepTensor, encode_step as encode};
use wcodec::{Dtype, Encoder, Result, TensorView};

/// A tensor after a step and before it: name, dtype, shape, both addresses, and the bytes of each.
type Changed = (String, String, Vec<u64>, usize, usize, usize);

/// Encodes a step.
#[pyfunction]
pub fn encode_step<'py>(
    py: Python<'py>,
    tensors: Vec<Changed>,
    profile_name: &str,
) -> PyResult<Bound<'py, PyBytes>> {
    let encoder = Encoder::new().profile(profile(py, profile_name)?);
    let mut given = Vec::with_capacity(tensors.len());
    let mut bytes = 0;
    for (name, dtype, shape, new, old, len) in tensors {
        let dtype: Dtype =
            dtype.parse().map_err(|error| argument(py, &format!("{dtype:?} is {error}")))?;
        bytes += len as u64;
        given.push((name, dtype, shape, Bytes::new(new, len), Bytes::new(old, len)));
    }
    let step = interruptible(py, bytes, move |_| {
        let tensors = given.iter().map(|(name, dtype, shape, new, old)| {
            StepTensor::new(name, TensorView::new(*dtype, shape, new.as_slice())?, old.as_slice())
        });
        encode(&tensors.collect::<Result<Vec<_>>>()?, &encoder)
    })?;
    Ok(PyBytes::new(py, &step))
}

/// A step that was parsed.
#[pyclass(frozen, module = "wcodec._native")]
pub struct Step {
    step: wcodec::steps::Step,
}

#[pymethods]
impl Step {
    /// Parses the bytes of a step.
    #[new]
    fn new(py: Python<'_>, bytes: PyBackedBytes) -> PyResult<Self> {
        let step = py.detach(|| wcodec::steps::Step::from_bytes(bytes));
        Ok(Self { step: step.map_err(|error| exception(py, &error))? })
    }

    /// The names of its tensors.
    fn names(&self) -> Vec<String> {
        self.step.tensors().iter().map(|tensor| tensor.name().to_owned()).collect()
    }

    /// Makes of the bytes before the step, each tensor's at its address, those after it: all, or none.
    fn apply(&self, py: Python<'_>, tensors: Vec<(String, usize, usize)>) -> PyResult<()> {
        let tensors: Vec<_> = tensors
            .into_iter()
            .map(|(name, address, len)| (name, Bytes::new(address, len)))
            .collect();
        // Not to be stopped: half of it would be neither.
        let applied = py.detach(|| {
            let mut tensors: Vec<_> =
                tensors.iter().map(|(name, bytes)| (name.as_str(), bytes.into_slice())).collect();
            self.step.apply(&mut tensors, cpu_decoder()?)
        });
        applied.map_err(|error| exception(py, &error))
    }
}
