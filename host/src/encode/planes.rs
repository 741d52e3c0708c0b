//! Encodes raw planes, each as a tensor of its own (FORMAT.md section 7.6).
//!
//! The mantissas of ordinary weights are random bytes, which are stored. Those of pruned weights,
//! or of weights cast from a narrower type, have few values, and are worth a codec.

use super::encoded_plane::{EncodedPlane, EncodedPlanes, NO_PLANES};
use super::plan::EncodePlan;
use super::prepared::Prepared;
use super::settings::{EncodeSettings, Order, RawPlanes};
use super::tensor::TiledTensor;
use super::write::{WriteScratch, expected_layout, read_plane};
use crate::{Error, Result};
use wcodec_codec::format::{PlaneCodec, Split};

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
    let by_cost = settings.code_raw_planes_by_cost();
    let forced = matches!(settings.raw_planes, RawPlanes::Coded(_));
    let mut planes = NO_PLANES;
    if plan.split.raw_planes() == 0 || data.is_empty() || !(by_cost || forced) {
        return Ok(planes);
    }
    let tensor = TiledTensor { data, split: plan.split, grid: plan.grid };
    if forced {
        let planes_of_split = 0..plan.split.raw_planes();
        for number in planes_of_split.filter(|&plane| plan.plane_constants[plane].is_none()) {
            let bytes = read_plane(&tensor, number, scratch)?;
            planes[number] = encode_plane(settings, &bytes, encode)?;
        }
        return Ok(planes);
    }
    if plan.plane_savings.iter().all(|&saving| saving <= 0.0) {
        return Ok(planes);
    }
    let blob_len = expected_layout(plan, &NO_PLANES, prepared)?.blob_len;
    // A plane that is coded takes time to decode, for which this much must be saved.
    let least = (blob_len as f64 * settings.profile.codec_tolerance()) as u64;
    let worthwhile = |number: &usize| plan.plane_savings[*number] > least as f64;
    for number in (0..plan.split.raw_planes()).filter(worthwhile) {
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
        let (split, order) = (Some(Split::Byte), Order::Rows);
        #[rustfmt::skip]
        let settings = EncodeSettings {
            split, codec, predictor: None, raw_planes, order, ..settings.clone()
        };
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
            None => encode(Some(settings.codec_of_bytes())),
        },
        _ => encode(None),
    }
}
