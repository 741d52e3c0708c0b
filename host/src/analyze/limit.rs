//! The limit that ratios are quoted beside.

use crate::encode::choose::view;
use crate::encode::histogram::{Counts, Histogram, entropy_bits};
use crate::encode::tensor::TiledTensor;
use crate::{Result, TensorView, threads};
use rayon::prelude::*;
use wcodec_codec::format::MAX_TILE_ROWS;

/// The fewest bytes that an order-0 code with one table for each plane of the tensor can reach: the
/// entropy of the coded bytes and of each raw plane, under the best split of the dtype, without
/// tables, index or states.
///
/// # Errors
/// [`crate::Error::InvalidArgument`] where the tensor has too many tiles;
/// [`crate::Error::Threads`].
pub fn entropy_limit(tensor: &TensorView<'_>) -> Result<u64> {
    threads::check()?;
    let mut least = f64::INFINITY;
    for &split in view::splits(tensor.dtype()) {
        let grid = view::grid(tensor, MAX_TILE_ROWS)?;
        least = least.min(limit_bits(&TiledTensor { data: tensor.data(), split, grid }));
    }
    Ok((least / 8.0).ceil() as u64)
}

fn limit_bits(source: &TiledTensor<'_>) -> f64 {
    let histograms: Vec<Histogram> = (0..source.grid.tile_count())
        .into_par_iter()
        .map_init(Vec::new, |coded, tile| {
            let rect = source.grid.tile(tile);
            source.read_coded(&rect, coded);
            Histogram::of(&coded[..source.used(&rect)])
        })
        .collect();
    entropy_bits(Counts::sum(&histograms).0) + raw_entropy_bits(source)
}

/// The entropy of the raw planes, each by itself.
pub(super) fn raw_entropy_bits(source: &TiledTensor<'_>) -> f64 {
    let planes = (0..source.split.raw_planes()).map(|plane| source.count_raw(plane));
    planes.map(|counts| entropy_bits(counts.0)).sum()
}
