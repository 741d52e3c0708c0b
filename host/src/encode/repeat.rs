//! Encoding with the choices that a blob was made by: so that two encoders can be compared to the
//! byte, whatever they choose.

use super::encoded_plane::NO_PLANES;
use super::plan::{EncodePlan, TilePlan};
use super::prepared::Prepared;
use super::residuals::{TileReader, TileScratch};
use super::tensor::TiledTensor;
use super::write::write;
use super::{Encoder, histogram::Histogram};
use crate::cpu::backend_from_env;
use crate::panic::catch_panic;
use crate::{Blob, Error, Result, TensorView};
use wcodec_codec::encode::CodecChoice;
use wcodec_codec::format::{PlaneCodec, Split, Table};

impl Encoder {
    /// Encodes a tensor with the choices that a blob shows: split, tiling, codec, tables, and each
    /// tile's table, predictor and base, whatever an encoder's own options are. The residual for
    /// exceptions and for places after the tensor's end, which a blob does not show, is that of GPU
    /// encoders.
    ///
    /// Of the blob that a GPU made of the same tensor it makes the same bytes.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where the choices do not fit the tensor: it has another length,
    /// symbols that the tables lack, or bytes that the blob says are constant; or where the blob is
    /// transposed, or has coded planes. [`Error::OutOfMemory`].
    pub fn encode_as(blob: &Blob<'_>, tensor: &TensorView<'_>) -> Result<Vec<u8>> {
        catch_panic("encode a tensor", || encode_planned(&plan_of(blob)?, tensor.data()))
    }
}

/// Encodes a tensor as a plan says, which is without coded planes.
pub fn encode_planned(plan: &EncodePlan, data: &[u8]) -> Result<Vec<u8>> {
    let mut prepared = prepare_tiles(plan, data)?;
    check_tables(plan, &prepared)?;
    let backend = backend_from_env()?;
    let (mut scratch, mut encoded) = Default::default();
    write(data, plan, &NO_PLANES, backend, &mut prepared, &mut scratch, &mut encoded)?;
    Ok(encoded)
}

fn refused<T>(reason: &str) -> Result<T> {
    Err(Error::InvalidArgument(format!("the choices of a blob cannot be repeated: {reason}")))
}

/// The choices that a blob shows.
fn plan_of(blob: &Blob<'_>) -> Result<EncodePlan> {
    let layout = blob.layout();
    let codec = layout.limits.codec;
    if layout.transposition.is_some() || layout.coded_planes.iter().any(Option::is_some) {
        return refused("it is transposed, or has coded planes");
    }
    let fillers: Vec<u8> = blob.tables().iter().map(commonest).collect();
    let spans = (0..layout.grid.tile_count()).map(|tile| blob.span(tile));
    let (tiles, table_of_tile) = spans
        .map(|span| {
            let filler = if codec.has_pairs() {
                CodecChoice { codec, base: span.base }.filler()
            } else {
                fillers.get(usize::from(span.table)).copied().unwrap_or(0)
            };
            (TilePlan { predictor: span.predictor, base: span.base, filler }, span.table)
        })
        .unzip();
    Ok(EncodePlan {
        split: layout.split,
        grid: layout.grid,
        codec,
        coded_constant: layout.coded_constant,
        plane_constants: layout.plane_constants,
        plane_savings: [0.0; 3],
        tiles,
        tables: blob.tables().to_vec(),
        table_of_tile,
    })
}

/// The first of the commonest symbols.
pub fn commonest(table: &Table) -> u8 {
    let frequencies = table.frequencies();
    let commonest = (0..=255).rev().max_by_key(|&symbol| frequencies[usize::from(symbol)]);
    commonest.unwrap_or(0)
}

/// The tiles of a tensor under a plan, whatever its tables.
pub fn prepare_tiles(plan: &EncodePlan, data: &[u8]) -> Result<Prepared> {
    if data.len() as u64 != plan.grid.byte_len() {
        return refused("the tensor has another length");
    }
    let tensor = TiledTensor { data, split: plan.split, grid: plan.grid };
    check_constants(plan, &tensor)?;
    let reader = TileReader { tensor, codec: plan.codec };
    let (mut prepared, mut scratch) = (Prepared::default(), TileScratch::default());
    for (tile, &choice) in plan.tiles.iter().enumerate() {
        let residuals = reader.copy_residuals(tile as u32, choice, &mut scratch.read);
        if plan.codec.has_pairs() {
            let start = prepared.symbols.values.len();
            residuals.append_pairs(plan.codec, choice.base, &mut prepared.symbols.values);
            residuals.append_plane(plan.codec, choice.base, &mut prepared.planes.values);
            prepared.histograms.push(Histogram::of(&prepared.symbols.values[start..]));
        } else if plan.codec.has_symbols() {
            prepared.histograms.push(Histogram::of_rows(residuals.rows.together().iter()));
        }
        if plan.codec.has_ranks() {
            prepared.exceptions.values.extend_from_slice(&scratch.read.exceptions);
        }
        prepared.exceptions.end_tile();
        prepared.symbols.end_tile();
        prepared.planes.end_tile();
    }
    Ok(prepared)
}

/// Checks that the tables have all symbols.
fn check_tables(plan: &EncodePlan, prepared: &Prepared) -> Result<()> {
    let used = prepared.histograms.iter().zip(&plan.table_of_tile);
    let lacks = |(counts, &table): (&Histogram, &u8)| {
        let frequencies = plan.tables[usize::from(table)].frequencies();
        counts.0.iter().zip(frequencies).any(|(&count, &frequency)| count > 0 && frequency == 0)
    };
    if used.into_iter().any(lacks) {
        return refused("the tensor has symbols that the tables lack");
    }
    Ok(())
}

/// Checks that the bytes are constant which the plan leaves out.
fn check_constants(plan: &EncodePlan, tensor: &TiledTensor<'_>) -> Result<()> {
    let is_const = plan.codec == PlaneCodec::Const && !tensor.data.is_empty();
    let coded = !is_const || tensor.constant_coded() == Some(plan.coded_constant);
    let is_constant = |plane: usize| {
        plan.plane_constants[plane].is_none_or(|value| tensor.constant_raw(plane) == Some(value))
    };
    if coded && (0..Split::raw_planes(plan.split)).all(is_constant) {
        return Ok(());
    }
    refused("bytes of the tensor vary which it says are constant")
}
