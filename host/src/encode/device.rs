//! The choices of an encoder on a device: those that a dtype and a length alone tell, and, for
//! tests of the others, all of them made on the CPU.

use super::choose::view;
use super::plan::{EncodePlan, TilePlan};
use super::repeat::encode_planned;
use super::settings::EncodeSettings;
use super::tensor::coded_bytes;
use crate::{Dtype, Error, Result, TensorView};
use wcodec_codec::encode::{Extent, cost, frequencies, most_bits};
use wcodec_codec::format::{LANES, MAX_PROB_BITS, PlaneCodec, ROW_BYTES, Split, Table, TileGrid};

/// The split and the tiling, which is flat, of a tensor that is encoded on a device.
///
/// # Errors
/// [`Error::InvalidArgument`] where the bytes are no whole elements, or have too many tiles.
pub fn device_grid(dtype: Dtype, byte_len: u64) -> Result<(Split, TileGrid)> {
    let split = view::splits(dtype)[0];
    if !byte_len.is_multiple_of(split.element_bytes() as u64) {
        return Err(Error::InvalidArgument(format!("{byte_len} bytes are no elements of {dtype}")));
    }
    let len = usize::try_from(byte_len).unwrap_or(usize::MAX);
    let rows = view::tile_rows_of(len, split, PlaneCodec::Tans8, &EncodeSettings::default());
    let grid = TileGrid::new(byte_len, ROW_BYTES as u64, rows)
        .map_err(|invalid| Error::InvalidArgument(invalid.reason.to_string()))?;
    Ok((split, grid))
}

/// The extent of a tensor with this split and tiling.
pub fn device_extent(split: Split, grid: &TileGrid) -> Extent {
    let lane_elements = split.lane_elements();
    Extent {
        tiles: grid.tile_count().into(),
        symbols: grid.rows() * (LANES * lane_elements) as u64,
        plane_len: grid.plane_bytes(lane_elements),
    }
}

/// Encodes a tensor as encoders on a device do, to the byte, on the CPU.
///
/// # Errors
/// [`Error::InvalidArgument`] for a tensor of too many tiles; [`Error::OutOfMemory`].
pub fn encode_as_device(tensor: &TensorView<'_>) -> Result<Vec<u8>> {
    let data = tensor.data();
    let (split, grid) = device_grid(tensor.dtype(), data.len() as u64)?;
    let counts = counts(split, data);
    let values = counts.iter().filter(|&&count| count > 0).count();
    let table = if values < 2 { None } else { table(&device_extent(split, &grid), &counts) };
    let codec = match (&table, values) {
        (Some(_), _) => PlaneCodec::Tans8,
        (None, 1) => PlaneCodec::Const,
        (None, _) => PlaneCodec::Raw,
    };
    let constant = counts.iter().position(|&count| count > 0 && codec == PlaneCodec::Const);
    // The first of the commonest.
    let commonest = |table: &Table| {
        let frequencies = table.frequencies();
        (0..=255).rev().max_by_key(|&symbol: &u8| frequencies[usize::from(symbol)])
    };
    let filler = table.as_ref().and_then(commonest).unwrap_or(0);
    let tiles = grid.tile_count() as usize;
    let plan = EncodePlan {
        split,
        grid,
        codec,
        coded_constant: constant.unwrap_or(0) as u8,
        plane_constants: [None; 3],
        plane_savings: [0.0; 3],
        tiles: vec![TilePlan { filler, ..TilePlan::PLAIN }; tiles],
        tables: table.into_iter().collect(),
        table_of_tile: vec![0; tiles],
    };
    encode_planned(&plan, data)
}

/// Counts of all coded bytes.
fn counts(split: Split, data: &[u8]) -> [u64; 256] {
    let (mut counts, mut coded) = ([0; 256], [0; ROW_BYTES]);
    for row in data.chunks(ROW_BYTES) {
        let coded = &mut coded[..row.len() / split.element_bytes()];
        coded_bytes(split, row, coded);
        coded.iter().for_each(|&byte| counts[usize::from(byte)] += 1);
    }
    counts
}

/// The table, where it is worth it.
fn table(extent: &Extent, counts: &[u64; 256]) -> Option<Table> {
    let table = Table::new(MAX_PROB_BITS, frequencies(counts, MAX_PROB_BITS)).ok()?;
    let mut len = 0;
    table.write(|_| len += 1);
    let sum = |bits: fn(u32, u32) -> u32| -> u64 {
        let symbols = counts.iter().zip(table.frequencies()).filter(|(count, _)| **count > 0);
        let bits =
            symbols.map(|(count, &f)| count * u64::from(bits(f.into(), MAX_PROB_BITS.into())));
        bits.sum()
    };
    let beyond = extent.symbols - counts.iter().sum::<u64>();
    let most = sum(most_bits) + beyond * u64::from(MAX_PROB_BITS);
    extent.is_worth_a_table(sum(cost), most, len).then_some(table)
}
