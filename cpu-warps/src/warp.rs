//! Which warp runs, and running it.

use crate::TileMemory;
use crate::portable::PortableWarp;
use wcodec_kernels::dispatch::decode_any_tile;
use wcodec_kernels::format::PlaneCodec;
use wcodec_kernels::tile::TileJob;

/// A warp that this CPU can run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CpuWarp {
    /// Thirty-two lanes in an array, on any CPU.
    Portable,
}

impl CpuWarp {
    /// The fastest warp that this CPU runs.
    pub fn best() -> Self {
        Self::Portable
    }

    /// The warp's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
        }
    }

    /// Decodes one tile of a blob with this codec and number of states a lane. Returns whether it is sound; its rows are all
    /// stored either way.
    pub fn decode_tile(
        self,
        memory: TileMemory<'_, '_>,
        codec: PlaneCodec,
        states: u8,
        job: &TileJob,
    ) -> bool {
        match self {
            Self::Portable => decode_any_tile(&mut PortableWarp::new(memory), codec, states, job),
        }
    }
}
