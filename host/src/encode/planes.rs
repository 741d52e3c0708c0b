//! Encodes raw planes, each as a tensor of its own (FORMAT.md section 7.6).
//!
//! The mantissas of ordinary weights are random bytes, which are stored. Those of pruned weights,
//! or of weights cast from a narrower type, have few values, and are worth a codec.

use super::encoded_plane::{EncodedPlane, EncodedPlanes, NO_PLANES};
use super::histogram::Histogram;
use super::plan::EncodePlan;
use super::prepared::Prepared;
use super::settings::{EncodeSettings, RawPlanes};
use super::tensor::TiledTensor;
use super::write::{WriteScratch, expected_layout, read_plane};
use crate::{Error, Result};
use wcodec_codec::format::PlaneCodec;

/// Encodes bytes as a tensor of their own, with these settings.
pub type EncodeBytes<'a> = &'a dyn Fn(EncodeSettings, &[u8]) -> Result<Vec<u8>>;

/// Encodes the raw planes of a tensor that are to be coded under `plan`, by `encode`.
pub fn encode_planes(
    settings: &EncodeSettings,
    data: &[u8],
    plan: &EncodePlan,
    prepared: &Prepared,
    scratch: &mut WriteScratch,
    encode: EncodeBytes<'_>,
) -> Result<EncodedPlanes> {
    let by_cost = settings.raw_planes == RawPlanes::ByCost && settings.codec.is_none();
    let forced = matches!(settings.raw_planes, RawPlanes::Coded(_));
    let mut planes = NO_PLANES;
    if plan.split.raw_planes() == 0 || data.is_empty() || !(by_cost || forced) {
        return Ok(planes);
    }
    let tensor = TiledTensor { data, split: plan.split, grid: plan.grid };
    let varying =
        (0..plan.split.raw_planes()).filter(|&plane| plan.plane_constants[plane].is_none());
    if forced {
        for number in varying {
            let bytes = read_plane(&tensor, number, scratch)?;
            planes[number] = encode_plane(settings, &bytes, encode)?;
        }
        return Ok(planes);
    }
    let savings = varying.map(|number| (number, expected_saving(&tensor, number)));
    let savings: Vec<(usize, f64)> = savings.filter(|&(_, saving)| saving > 0.0).collect();
    if savings.is_empty() {
        return Ok(planes);
    }
    let blob_len = expected_layout(plan, &NO_PLANES, prepared)?.blob_len;
    // A plane that is coded takes time to decode, for which this much must be saved.
    let least = (blob_len as f64 * settings.profile.codec_tolerance()) as u64;
    for (number, _) in savings.into_iter().filter(|&(_, saving)| saving > least as f64) {
        let bytes = read_plane(&tensor, number, scratch)?;
        let encoded = encode_plane(settings, &bytes, encode)?;
        planes[number] = encoded.filter(|plane| plane.len() + least < bytes.len() as u64);
    }
    Ok(planes)
}

/// Encodes the bytes of a plane; `None` where they are stored best, unless a codec is asked for.
fn encode_plane(
    settings: &EncodeSettings,
    bytes: &[u8],
    encode: EncodeBytes<'_>,
) -> Result<Option<EncodedPlane>> {
    let encode = |codec: Option<PlaneCodec>| {
        let raw_planes = RawPlanes::Stored;
        let settings = EncodeSettings { codec, predictor: None, raw_planes, ..settings.clone() };
        EncodedPlane::new(encode(settings, bytes)?)
    };
    match settings.raw_planes {
        RawPlanes::Coded(Some(codec)) if !codec.has_symbols() => {
            let reason = format!("raw planes cannot be coded by {codec:?}: store them");
            Err(Error::InvalidArgument(reason))
        }
        RawPlanes::Coded(Some(codec)) => encode(Some(codec)),
        RawPlanes::Coded(None) => match encode(None)? {
            Some(plane) => Ok(Some(plane)),
            None => encode(Some(PlaneCodec::Tans8)),
        },
        _ => encode(None),
    }
}

/// The bytes that coding a raw plane would save, estimated from some of its rows: of the bytes
/// themselves, or of their differences, whichever have less entropy.
fn expected_saving(tensor: &TiledTensor<'_>, plane: usize) -> f64 {
    let rows = tensor.sample_raw(plane);
    let plain = Histogram::of_rows(rows.iter().map(Vec::as_slice));
    let difference = |pair: &[u8]| pair[1].wrapping_sub(pair[0]);
    let differences = |row: &Vec<u8>| row.windows(2).map(difference).collect::<Vec<u8>>();
    let differences: Vec<Vec<u8>> = rows.iter().map(differences).collect();
    let differences = Histogram::of_rows(differences.iter().map(Vec::as_slice));
    let part = |counted: &Histogram| {
        let values = counted.0.iter().filter(|&&count| count > 0).count();
        // A sample has less entropy than what it is from: by half a bit in base e for each value
        // but one (Miller and Madow).
        let missing = values.saturating_sub(1) as f64 / 2.0 * std::f64::consts::LOG2_E;
        let bits = 8.0 * counted.total() as f64;
        if bits > 0.0 { 1.0 - (counted.entropy_bits() + missing) / bits } else { 0.0 }
    };
    let len = tensor.grid.plane_bytes(tensor.split.lane_elements());
    part(&plain).max(part(&differences)) * len as f64 - FRONT_BYTES
}

/// A header, a table, and what a tile costs beyond its symbols.
const FRONT_BYTES: f64 = 300.0;
