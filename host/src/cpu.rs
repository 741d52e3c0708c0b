//! The CPU backend that does the work.

use crate::{Error, Result};
use wcodec_cpu::CpuBackend;

/// The environment variable that names the backend.
const VARIABLE: &str = "WCODEC_CPU";

/// The backend that the environment names, or else the fastest.
pub fn backend_from_env() -> Result<CpuBackend> {
    let Some(name) = std::env::var_os(VARIABLE) else { return Ok(CpuBackend::best()) };
    name.to_str().and_then(CpuBackend::named).ok_or_else(|| {
        let names: Vec<_> = CpuBackend::all().map(CpuBackend::name).collect();
        Error::InvalidArgument(format!(
            "{VARIABLE} is {name:?}: this CPU can run {}",
            names.join(", ")
        ))
    })
}
