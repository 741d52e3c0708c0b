//! Times by events of the device, for benchmarks.
#![allow(unsafe_code)]

use super::deltas::GpuDeltas;
use crate::Result;
use crate::gpu::decode::timing::time;

/// Decodes deltas `runs` times after a warm-up, with untimed work before each run, which `prepare`
/// starts on the decoder's stream; returns the seconds of each run, launches only.
///
/// # Errors
/// [`crate::Error::Gpu`]; errors of `prepare`.
///
/// # Safety
/// As [`GpuDeltas::decode_on`], until this returns.
pub unsafe fn time_deltas(
    deltas: &GpuDeltas,
    runs: usize,
    prepare: impl Fn() -> Result<()>,
) -> Result<Vec<f64>> {
    let decoder = deltas.decoder().decoder();
    // SAFETY: the caller's condition.
    let decode = || unsafe { deltas.decode_on(decoder.stream()) };
    decode()?;
    time(decoder, runs, prepare, decode)
}
