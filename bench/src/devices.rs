//! The devices that wcodec decodes on.

use super::options::Place;
use wcodec::gpu::GpuDecoder;
use wcodec::{CpuBackend, Decoder};

/// The devices that were asked for.
pub struct Devices {
    /// The CPU's warps, the reference first.
    pub cpu: Vec<(String, Decoder)>,
    /// Why a warp that one would expect is not among them.
    pub no_simd: Option<String>,
    /// The GPU, or why it is not used.
    pub gpu: Result<GpuDecoder, String>,
}

impl Devices {
    /// Opens `places`.
    pub fn open(places: &[Place]) -> Self {
        let not_asked = |place| format!("not asked for: --devices {place}");
        let cpu = if places.contains(&Place::Cpu) { warps() } else { Vec::new() };
        let has_simd = cpu.iter().any(|(name, _)| name != CpuBackend::PORTABLE.name());
        let no_simd = match cpu.is_empty() {
            true => Some(not_asked("cpu")),
            false if has_simd => None,
            false => Some("this build has no SIMD warp for this CPU".to_owned()),
        };
        let gpu = match places.contains(&Place::Cuda) {
            true => GpuDecoder::open(0).map_err(|error| error.to_string()),
            false => Err(not_asked("cuda")),
        };
        Self { cpu, no_simd, gpu }
    }
}

/// A decoder for each warp that runs here, the reference first.
fn warps() -> Vec<(String, Decoder)> {
    let mut warps: Vec<CpuBackend> = CpuBackend::all().collect();
    warps.reverse();
    warps.into_iter().map(|warp| (warp.name().to_owned(), Decoder::cpu(warp))).collect()
}
