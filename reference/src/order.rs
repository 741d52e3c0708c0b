//! FORMAT.md section 2.1: transposed tensors.

use super::bytes::{byte, integer, require};
use super::geometry::Geometry;

/// The order of a transposed tensor's elements.
pub struct Order {
    /// `s`
    pub element_bytes: u64,
    /// `p`
    pub columns: u64,
    pub band_rows: u64,
}

/// Bytes 15 and 56 to 63 of a blob's header.
pub fn parse_order(blob: &[u8], geometry: &Geometry) -> Result<Option<Order>, String> {
    let element_bytes = u64::from(byte(blob, 15, "transposed_bytes")?);
    let columns = integer(blob, 56, 4, "columns")?;
    let band_rows = integer(blob, 60, 4, "band_rows")?;
    if element_bytes == 0 {
        require(columns == 0 && band_rows == 0, || {
            format!("columns {columns} and band_rows {band_rows} without transposed_bytes")
        })?;
        return Ok(None);
    }
    require([1, 2, 4, 8].contains(&element_bytes), || format!("transposed_bytes {element_bytes}"))?;
    let Geometry { byte_len, row_bytes, .. } = *geometry;
    require(row_bytes == 512, || "a transposed tensor that is not flat".into())?;
    require(byte_len % element_bytes == 0, || {
        format!("byte_len {byte_len} is no multiple of transposed_bytes {element_bytes}")
    })?;
    require(columns >= 2 && band_rows >= 2, || {
        format!("columns {columns} or band_rows {band_rows} is less than 2")
    })?;
    let band = u128::from(element_bytes) * u128::from(columns) * u128::from(band_rows);
    require((16384..=u128::from(byte_len)).contains(&band), || {
        format!("a band of {band} bytes is not one of 16384 to {byte_len}")
    })?;
    Ok(Some(Order { element_bytes, columns, band_rows }))
}

impl Order {
    /// The tensor's bytes, from those that were coded.
    pub fn restore(&self, coded: &[u8]) -> Vec<u8> {
        // All of these are at most the length of `coded`.
        let [s, p, rows] = [self.element_bytes, self.columns, self.band_rows].map(|n| n as usize);
        let mut tensor = coded.to_vec();
        let whole_rows = coded.len() / (s * p);
        let mut first = 0;
        while first < whole_rows {
            let b = rows.min(whole_rows - first);
            let band = first * s * p;
            for i in 0..b {
                for j in 0..p {
                    let (from, to) = (band + (j * b + i) * s, band + (i * p + j) * s);
                    tensor[to..to + s].copy_from_slice(&coded[from..from + s]);
                }
            }
            first += b;
        }
        tensor
    }
}
