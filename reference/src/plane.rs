//! FORMAT.md section 7.4: the stored plane and the raw planes.

use super::geometry::{Geometry, LANES, Tile};

/// A plane that is stored: a fixed number of bytes for each present lane of each row. What "belongs
/// to elements beyond `byte_len`" in the last lane is read like the rest and dropped with them.
pub struct Plane<'a> {
    pub bytes: &'a [u8],
    pub lane_bytes: usize,
}

impl Plane<'_> {
    /// Byte `k` of a lane in row `i` of a tile. A lane that is not present has none; nothing that
    /// survives depends on it (section 2: "drops what lies beyond"), so it reads as 0.
    pub fn byte(
        &self,
        geometry: &Geometry,
        tile: &Tile,
        (i, lane): (usize, usize),
        k: usize,
    ) -> Result<u8, String> {
        if lane >= geometry.present_lanes(tile, i) {
            return Ok(0);
        }
        let lanes_before = geometry.plane_row(tile, i) * LANES as u64 + lane as u64;
        let at = lanes_before * self.lane_bytes as u64 + k as u64;
        let byte = usize::try_from(at).ok().and_then(|at| self.bytes.get(at));
        byte.copied().ok_or_else(|| format!("a plane ends before its byte {at}"))
    }
}
