//! Decoders, each made once for a device.

use crate::errors::{argument, exception};
use pyo3::prelude::*;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use wcodec::gpu::{GpuReport, probe};
use wcodec::{Decoder, DeviceChoice, Result};

/// The decoder on this machine's CPU.
pub fn cpu_decoder() -> Result<&'static Decoder> {
    static DECODER: OnceLock<Decoder> = OnceLock::new();
    if let Some(decoder) = DECODER.get() {
        return Ok(decoder);
    }
    let decoder = Decoder::open(DeviceChoice::Cpu)?;
    Ok(DECODER.get_or_init(|| decoder))
}

/// A decoder for Python to keep.
#[pyclass(frozen, module = "wcodec._native")]
pub struct DeviceDecoder {
    pub decoder: Arc<Decoder>,
}

#[pymethods]
impl DeviceDecoder {
    /// Opens a device by its name: auto, cpu, cuda or cuda:N.
    #[new]
    fn new(py: Python<'_>, device: &str) -> PyResult<Self> {
        let choice = wcodec_cli::device(device).map_err(|reason| argument(py, &reason))?;
        let decoder = py.detach(|| open(choice)).map_err(|error| exception(py, &error))?;
        Ok(Self { decoder })
    }

    /// The device in use, as `CPU (avx2)` or `GPU 0 (NVIDIA H200)`.
    #[getter]
    fn device(&self) -> String {
        self.decoder.device().to_string()
    }
}

/// Of a GPU the decoder that there is, as opening one loads its kernels.
fn open(choice: DeviceChoice) -> Result<Arc<Decoder>> {
    static GPUS: Mutex<BTreeMap<u32, Arc<Decoder>>> = Mutex::new(BTreeMap::new());
    let DeviceChoice::Cuda(ordinal) = choice else { return Decoder::open(choice).map(Arc::new) };
    let mut gpus = GPUS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(decoder) = gpus.get(&ordinal) {
        return Ok(Arc::clone(decoder));
    }
    let decoder = Arc::new(Decoder::open(choice)?);
    gpus.insert(ordinal, Arc::clone(&decoder));
    Ok(decoder)
}

/// Whether there is an NVIDIA GPU that wcodec can decode on.
#[pyfunction]
pub fn has_gpu(py: Python<'_>) -> bool {
    match py.detach(probe) {
        GpuReport::Found(gpus) => gpus.iter().any(|gpu| gpu.kernels.is_some()),
        _ => false,
    }
}
