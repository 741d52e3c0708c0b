//! The choices of an encoder on a device: those that a dtype and a length alone tell, and, for
//! tests of the others, all of them made on the CPU.

use super::choose::view;
use super::plan::{EncodePlan, TilePlan};
use super::prepared::Prepared;
use super::repeat::{commonest, encode_planned, prepare_tiles};
use super::settings::EncodeSettings;
use super::tensor::coded_bytes;
use crate::{Blob, Dtype, Error, Result, TensorView};
use wcodec_codec::encode::{
    CodecChoice, CodedParts, Extent, SAMPLED_ROWS, Scale, are_sampled_pairs_enough, bits_of,
    choose, frequencies, is_sampled_pair, order, pair_codecs, pairs_bits, rank_count,
    tile_exceptions, value_bits,
};
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
        plane_len: grid.plane_bytes(lane_elements),
        tile_exceptions: tile_exceptions(grid.tile_rows(), lane_elements as u32),
    }
}

/// Encodes a tensor as encoders on a device do, to the byte, on the CPU.
///
/// # Errors
/// [`Error::InvalidArgument`] for a tensor of too many tiles; [`Error::OutOfMemory`].
pub fn encode_as_device(tensor: &TensorView<'_>) -> Result<Vec<u8>> {
    let data = tensor.data();
    let (split, grid) = device_grid(tensor.dtype(), data.len() as u64)?;
    for plan in [pairs_plan(split, grid, data)?, single_plan(split, grid, data)] {
        let Some(plan) = plan else { continue };
        let blob = encode_planned(&plan, data)?;
        if plan.codec == PlaneCodec::Const || is_worth(&blob)? {
            return Ok(blob);
        }
    }
    encode_planned(&plan(split, grid, PlaneCodec::Raw, 0, 0), data)
}

/// Returns whether the coded parts of a blob take fewer bytes than the coded bytes do as they are.
fn is_worth(blob: &[u8]) -> Result<bool> {
    let blob = Blob::parse(blob)?;
    let layout = blob.layout();
    Ok(device_extent(layout.split, &layout.grid).is_worth(CodedParts {
        tables_len: layout.tables.len,
        words: layout.limits.word_count,
        stored_len: layout.stored_plane.len,
        exceptions: layout.limits.exception_count.into(),
    }))
}

/// A plan in which all tiles are alike, without a table.
fn plan(split: Split, grid: TileGrid, codec: PlaneCodec, base: u8, filler: u8) -> EncodePlan {
    let tiles = grid.tile_count() as usize;
    EncodePlan {
        split,
        grid,
        codec,
        coded_constant: 0,
        plane_constants: [None; 3],
        plane_savings: [0.0; 3],
        tiles: vec![TilePlan { base, filler, ..TilePlan::PLAIN }; tiles],
        tables: Vec::new(),
        table_of_tile: vec![0; tiles],
    }
}

/// The plan with symbols of pairs, where such a codec is chosen, there is more than one symbol, and
/// tiles have room for their exceptions.
fn pairs_plan(split: Split, grid: TileGrid, data: &[u8]) -> Result<Option<EncodePlan>> {
    let Choice { codec, stride } = choose_codec(split, &grid, data);
    if !codec.codec.has_pairs() {
        return Ok(None);
    }
    let mut plan = plan(split, grid, codec.codec, codec.base, codec.filler());
    let prepared = prepare_tiles(&plan, data)?;
    let room = device_extent(split, &grid).tile_exceptions as usize;
    let fits = (0..plan.tiles.len()).all(|tile| prepared.exceptions.of(tile).len() <= room);
    plan.tables.extend(pairs_table(&plan, &prepared, stride));
    Ok(Some(plan).filter(|plan| fits && !plan.tables.is_empty()))
}

/// The plan with a symbol for each coded byte, or with one value for all; `None` where there are no
/// bytes.
fn single_plan(split: Split, grid: TileGrid, data: &[u8]) -> Option<EncodePlan> {
    let counts = counts(split, data.chunks(ROW_BYTES));
    let mut values = (0..=255).filter(|&value| counts[usize::from(value)] > 0);
    let first = values.next()?;
    if values.next().is_none() {
        let plan = plan(split, grid, PlaneCodec::Const, 0, 0);
        return Some(EncodePlan { coded_constant: first, ..plan });
    }
    let table = Table::new(MAX_PROB_BITS, frequencies(&counts, MAX_PROB_BITS)).ok()?;
    let plan = plan(split, grid, PlaneCodec::Tans8, 0, commonest(&table));
    Some(EncodePlan { tables: vec![table], ..plan })
}

/// The table for the pairs of tiles, from the rows whose number is a multiple of `stride`; `None`
/// where all are the same.
fn pairs_table(plan: &EncodePlan, prepared: &Prepared, stride: u32) -> Option<Table> {
    // Where some rows alone are counted, any pair may be among the others.
    let mut counts = [u64::from(stride > 1); 256];
    let row_len = LANES * plan.codec.steps(plan.split.lane_elements());
    for tile in 0..plan.tiles.len() {
        let rows = prepared.symbols.of(tile).chunks(row_len).step_by(stride as usize);
        rows.flatten().for_each(|&symbol| counts[usize::from(symbol)] += 1);
    }
    Table::new(MAX_PROB_BITS, frequencies(&counts, MAX_PROB_BITS)).ok()
}

/// The codec, and the distance of the rows that its table is made of.
struct Choice {
    codec: CodecChoice,
    stride: u32,
}

/// Chooses the codec from counts of some of the coded bytes.
fn choose_codec(split: Split, grid: &TileGrid, data: &[u8]) -> Choice {
    let is_sampled = |row: usize| (row as u32 % grid.tile_rows()).is_multiple_of(SAMPLED_ROWS);
    let rows = data.chunks(ROW_BYTES).enumerate();
    let counts = counts(split, rows.filter(|(row, _)| is_sampled(*row)).map(|(_, bytes)| bytes));
    let scale = Scale::of(counts.iter().sum());
    let counts = counts.map(|count| scale.scaled(count));
    let total = counts.iter().sum();
    let single_bits = counts.iter().map(|&count| value_bits(count, total)).sum();
    let count = |value: u8| counts[usize::from(value)];
    let choices = pair_codecs(split.lane_elements()).iter().flat_map(|&codec| {
        let bases = if codec.has_ranks() { 0..=255 } else { 0..=0 };
        bases.map(move |base| CodecChoice { codec, base })
    });
    let orders = choices
        .filter_map(|choice| pairs_bits(choice, total, count).map(|bits| order(bits, choice)));
    let first = orders.min().unwrap_or(u64::MAX);
    let codec = choose(single_bits, first);
    let ranks: Vec<u32> = (0..16).map(|rank| rank_count(codec, rank, count)).collect();
    let pairs = ranks.iter().flat_map(|&a| ranks.iter().map(move |&c| (a, c)));
    let unsampled = pairs.filter(|&(a, c)| !is_sampled_pair(a, c, total, scale)).count() as u32;
    let raw_bits = 8 * split.raw_planes() as u32;
    let is_enough = codec.codec.has_pairs()
        && are_sampled_pairs_enough(unsampled, bits_of(first), raw_bits, total);
    Choice { codec, stride: if is_enough { SAMPLED_ROWS } else { 1 } }
}

/// Counts of the coded bytes of some rows.
fn counts<'a>(split: Split, rows: impl Iterator<Item = &'a [u8]>) -> [u64; 256] {
    let (mut counts, mut coded) = ([0; 256], [0; ROW_BYTES]);
    for row in rows {
        let coded = &mut coded[..row.len() / split.element_bytes()];
        coded_bytes(split, row, coded);
        coded.iter().for_each(|&byte| counts[usize::from(byte)] += 1);
    }
    counts
}
