//! Choosing: from a tensor and the encoder's options to an [`EncodePlan`].
//!
//! `view` has the splits and tilings that a tensor allows, `selection` takes the codec that costs
//! the least over a `sample`, `tile` the predictor and base of each tile (`rank`), which `prepare`
//! does for all of them, and `tables` the tables for their symbols (`groups`,
//! `merges`, `model`), by what symbols cost (`costs`).

mod costs;
mod groups;
mod merges;
mod model;
mod prepare;
mod rank;
mod raw;
mod sample;
mod selection;
mod tables;
mod tile;
pub(crate) mod view;

pub use costs::Costs;
pub(super) use groups::expected_bits;
pub use prepare::PreparedBatch;
pub(super) use selection::BITS_OF_TILE;
pub(crate) use tables::bits_with_tables;

use super::plan::EncodePlan;
use super::prepared::Prepared;
use super::residuals::TileReader;
use super::settings::EncodeSettings;
use super::tensor::TiledTensor;
use crate::{Result, TensorView};
use prepare::prepare;
pub use selection::{Selection, select};
use tables::{Clustering, cluster};
use tile::TileChooser;

/// The plan that stores a tensor's bytes as they are.
pub fn choose_raw(
    tensor: &TensorView<'_>,
    prepared: &mut Prepared,
    in_hand: &mut Vec<PreparedBatch>,
) -> Result<EncodePlan> {
    let selection = Selection::raw(tensor.data().len() as u64)?;
    plan(selection, tensor, &EncodeSettings::default(), prepared, in_hand)
}

/// Chooses the tiles and tables of a tensor whose split, tiling and codec are selected, and leaves
/// its tiles in `prepared`.
pub fn plan(
    selection: Selection,
    tensor: &TensorView<'_>,
    settings: &EncodeSettings,
    prepared: &mut Prepared,
    in_hand: &mut Vec<PreparedBatch>,
) -> Result<EncodePlan> {
    let Selection { split, grid, codec, coded_constant, plane_constants, plane_savings, .. } =
        selection;
    let tensor = TiledTensor { data: tensor.data(), split, grid };
    let tolerance = settings.profile.tolerance();
    let (predictors, rank_costs) = (&selection.predictors, selection.rank_costs);
    let reader = TileReader { tensor, codec };
    prepare(prepared, &TileChooser { reader, predictors, tolerance, rank_costs }, in_hand)?;
    let tiles = prepared.choices.clone();
    let Clustering { tables, table_of_tile } = if codec.has_symbols() && !tiles.is_empty() {
        cluster(&prepared.histograms, tolerance / 5.0, settings.prob_bits()?)
    } else {
        Clustering { tables: Vec::new(), table_of_tile: vec![0; tiles.len()] }
    };
    #[rustfmt::skip]
    let plan = EncodePlan {
        split, grid, codec, coded_constant, plane_constants, plane_savings, tiles, tables,
        table_of_tile,
    };
    Ok(plan)
}
