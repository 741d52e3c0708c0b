//! FORMAT.md section 7.4: the coded plane and the raw planes.

use super::bytes::require;
use super::geometry::{Geometry, LANES, Tile};

/// A plane that is stored: a fixed number of bytes for each present lane of each row.
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

    /// "bytes in them that belong to elements beyond `byte_len` are 0". Only the plane's last
    /// lane can have such elements; `first_element(k)` is the first that byte `k` belongs to.
    pub fn check_tail(
        &self,
        elements_present: usize,
        first_element: impl Fn(usize) -> usize,
    ) -> Result<(), String> {
        let last_lane = self.bytes.rchunks(self.lane_bytes.max(1)).next().unwrap_or(&[]);
        for (k, &byte) in last_lane.iter().enumerate() {
            require(first_element(k) < elements_present || byte == 0, || {
                format!("byte {k} of the last lane lies beyond byte_len and is not 0")
            })?;
        }
        Ok(())
    }
}
