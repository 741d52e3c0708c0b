//! The bytes that coding raw planes would save, estimated from some of their rows.

use crate::encode::histogram::Histogram;
use crate::encode::tensor::TiledTensor;
use wcodec_codec::format::MAX_RAW_PLANES;

/// A header, a table, and what a tile costs beyond its symbols.
const FRONT_BYTES: f64 = 300.0;

/// The bytes that coding each raw plane would save, negative where it is better stored; 0 for planes
/// that are constant, or that the split does not have.
pub fn expected_savings(
    tensor: &TiledTensor<'_>,
    constants: &[Option<u8>; MAX_RAW_PLANES],
) -> [f64; MAX_RAW_PLANES] {
    std::array::from_fn(|plane| {
        let varies = plane < tensor.split.raw_planes() && constants[plane].is_none();
        if varies && !tensor.data.is_empty() { expected_saving(tensor, plane) } else { 0.0 }
    })
}

/// The bytes that coding a raw plane would save: the bytes themselves, or their differences,
/// whichever have less entropy.
fn expected_saving(tensor: &TiledTensor<'_>, plane: usize) -> f64 {
    let rows = tensor.sample_raw(plane);
    let plain = Histogram::of_rows(rows.iter().map(Vec::as_slice));
    let difference = |pair: &[u8]| pair[1].wrapping_sub(pair[0]);
    let differences = |row: &Vec<u8>| row.windows(2).map(difference).collect::<Vec<u8>>();
    let differences: Vec<Vec<u8>> = rows.iter().map(differences).collect();
    let differences = Histogram::of_rows(differences.iter().map(Vec::as_slice));
    let len = tensor.grid.plane_bytes(tensor.split.lane_elements());
    saved_part(&plain).max(saved_part(&differences)) * len as f64 - FRONT_BYTES
}

/// The part of these bytes that an order-0 code saves.
fn saved_part(counted: &Histogram) -> f64 {
    let bits = 8.0 * counted.total() as f64;
    if bits > 0.0 { 1.0 - (counted.entropy_bits() + counted.missing_bits()) / bits } else { 0.0 }
}
