//! Which of the warps that this CPU can run does the work.

use crate::{Error, Result};
use wcodec_cpu::CpuWarp;

/// The environment variable that names the warp.
const VARIABLE: &str = "WCODEC_CPU";

/// The warp that the environment names, or else the fastest.
pub fn chosen_warp() -> Result<CpuWarp> {
    let Some(name) = std::env::var_os(VARIABLE) else { return Ok(CpuWarp::best()) };
    name.to_str().and_then(CpuWarp::named).ok_or_else(|| {
        let names: Vec<_> = CpuWarp::all().map(CpuWarp::name).collect();
        Error::InvalidArgument(format!(
            "{VARIABLE} is {name:?}: this CPU can run {}",
            names.join(", ")
        ))
    })
}
