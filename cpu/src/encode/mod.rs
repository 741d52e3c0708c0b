//! Encoding by any lanes that a CPU has.

mod lanes;
mod rows;
mod warp;

pub use lanes::CpuEncodeLanes;
pub use rows::Rows;
pub(crate) use warp::encode_with;

use wcodec_codec::entropy::{rans::RansSteps, tans::EncodingTable};

/// A table, ready for encoding.
#[derive(Clone, Copy)]
pub enum TileTable<'a> {
    /// With tANS.
    Tans(&'a EncodingTable),
    /// With rANS.
    Rans(&'a RansSteps),
}

/// The symbols of one tile.
#[derive(Debug, Clone, Copy)]
pub struct TileSymbols<'a> {
    /// Rows with `steps` symbols for each lane.
    pub rows: Rows<'a>,
    /// 2, 4, 8 or 16.
    pub steps: usize,
}
