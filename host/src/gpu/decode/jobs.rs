//! The tensors of a plan and their raw planes that are coded, as one list.

use super::planned::PlannedTensor;
use crate::blob::BlobFront;
use crate::memory::reserve;
use crate::{Error, Result};
use std::ops::Range;
use wcodec_codec::format::MAX_RAW_PLANES;

/// The purpose of memory, for errors.
pub const PLAN: &str = "the plan of a batch for the GPU";

/// A tensor to decode; or, before it, a raw plane of one that is coded, which is decoded as a
/// tensor of its own to the memory for such planes.
pub struct Job<'a> {
    pub front: &'a BlobFront<'a>,
    pub of: JobOf,
    /// Device address of the blob.
    pub blob: u64,
    /// Device address of decoded byte 0.
    pub out: u64,
    /// True if that is in scratch memory: of a raw plane, and of a transposed tensor.
    pub out_is_scratch: bool,
    pub tile_rows: Range<u64>,
    /// For each raw plane that is coded the device address of its byte 0 when it is decoded.
    pub planes: [Option<u64>; MAX_RAW_PLANES],
}

/// The tensor that a job belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobOf {
    /// The number of the plan's tensor.
    pub tensor: u32,
    /// The raw plane, where it is one of those.
    pub plane: Option<u8>,
}

/// A raw plane that is coded, as a tensor of its own.
pub struct CodedPlane<'a> {
    front: BlobFront<'a>,
    of: JobOf,
}

/// The raw planes of some tensors that are coded, the lowest of each tensor first.
pub fn coded_planes<'a>(tensors: &'a [PlannedTensor<'_, '_>]) -> Result<Vec<CodedPlane<'a>>> {
    let count = |tensor: &PlannedTensor<'_, '_>| {
        tensor.front.layout().coded_planes.iter().flatten().count() as u64
    };
    let mut planes = reserve(tensors.iter().map(count).sum(), PLAN)?;
    for (number, tensor) in (0..).zip(tensors) {
        for plane in 0..MAX_RAW_PLANES {
            if let Some(front) = tensor.front.coded_plane(plane) {
                let of = JobOf { tensor: number, plane: Some(plane as u8) };
                planes.push(CodedPlane { front, of });
            }
        }
    }
    Ok(planes)
}

/// The jobs of some tensors and of their raw planes that are coded, those of a tensor before
/// itself.
pub fn jobs<'a>(
    tensors: &'a [PlannedTensor<'_, '_>],
    coded: &'a [CodedPlane<'_>],
) -> Result<Vec<Job<'a>>> {
    let mut jobs = reserve((tensors.len() + coded.len()) as u64, PLAN)?;
    let mut coded = coded.iter();
    for (number, tensor) in (0..).zip(tensors) {
        let &PlannedTensor { front, blob, out, ref tile_rows, .. } = tensor;
        let mut planes = [None; MAX_RAW_PLANES];
        for (plane, place) in planes.iter_mut().zip(tensor.coded_planes()) {
            let Some((out, tile_rows)) = place else { continue };
            let CodedPlane { front, of } = coded.next().expect("all planes that are coded");
            *plane = Some(out);
            let planes = [None; MAX_RAW_PLANES];
            let out_is_scratch = true;
            jobs.push(Job { front, of: *of, blob, out, out_is_scratch, tile_rows, planes });
        }
        let (of, tile_rows) = (JobOf { tensor: number, plane: None }, tile_rows.clone());
        let columns = tensor.columns().map(|(_, _, start)| start);
        let (out, out_is_scratch) = (columns.unwrap_or(out), columns.is_some());
        jobs.push(Job { front, of, blob, out, out_is_scratch, tile_rows, planes });
    }
    Ok(jobs)
}

/// The error where one launch cannot have all tiles.
pub fn too_many_tiles() -> Error {
    Error::InvalidArgument("more tiles than a launch can have: plan fewer tensors at once".into())
}
