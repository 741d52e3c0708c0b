//! How a tensor may be seen: splits by dtype, tiling by shape and size (FORMAT.md sections 2 and 3).

use super::Profile;
use crate::{Dtype, Result, TensorView, error::Error};
use wcodec_codec::format::{
    MAX_TILE_ROWS_LOG2, MIN_TILE_ROWS_LOG2, PlaneCodec, ROW_BYTES, Split, TileGrid,
};

/// The splits worth trying for a dtype.
pub fn splits(dtype: Dtype) -> &'static [Split] {
    match dtype {
        Dtype::BF16 => &[Split::Exponent16],
        Dtype::F16 => &[Split::High16],
        Dtype::F32 => &[Split::Exponent32],
        Dtype::F8_E4M3 | Dtype::F8_E5M2 | Dtype::F8_E4M3FNUZ | Dtype::F8_E5M2FNUZ => {
            &[Split::RotatedByte]
        }
        // Integers may be numbers or packed smaller ones: the costs tell.
        Dtype::I16 | Dtype::U16 => &[Split::High16, Split::Byte],
        Dtype::I32 | Dtype::U32 => &[Split::High32, Split::Byte],
        _ => &[Split::Byte],
    }
}

/// The tiling of a tensor in tiles of `1 << rows_log2` rows.
pub fn grid(tensor: &TensorView<'_>, rows_log2: u8) -> Result<TileGrid> {
    let byte_len = tensor.data().len() as u64;
    let row_bytes = matrix_row_bytes(tensor, 1 << rows_log2.min(MAX_TILE_ROWS_LOG2));
    TileGrid::new(byte_len, row_bytes.unwrap_or(ROW_BYTES as u64), rows_log2)
        .map_err(|invalid| Error::InvalidArgument(invalid.reason.to_string()))
}

/// The binary logarithm of the rows of a tile.
///
/// A GPU decodes tiles side by side, and the rows of a tile one after another, in 0.2 to 0.3 µs each. So a tensor that is decoded
/// alone waits for its tiles where they are tall, unless they are so many that memory or shared memory is what bounds it. But
/// each tile costs bytes: its index entry and its lanes some 106 beyond what they carry (12 of the entry, half a word a lane,
/// and what a lane's first state does not tell of its last symbol). benches/RESULTS.md has times and ratios of all heights.
pub fn tile_rows_log2(
    tensor: &TensorView<'_>,
    split: Split,
    codec: PlaneCodec,
    profile: Profile,
) -> u8 {
    // The tiles of a constant tensor hold nothing but their index entries.
    if profile == Profile::Ratio || codec == PlaneCodec::Const {
        return MAX_TILE_ROWS_LOG2;
    }
    let len = tensor.data().len();
    let elements = len / split.element_bytes();
    let tile_log2 = if elements < LARGE_ELEMENTS {
        small_tile_log2(elements)
    } else if len < LARGE_BYTES {
        MEDIUM_TILE_LOG2
    } else {
        large_tile_log2(codec)
    };
    let row_log2 = (ROW_BYTES / split.element_bytes()).ilog2();
    let rows_log2 = tile_log2.saturating_sub(row_log2) as u8;
    rows_log2.clamp(MIN_TILE_ROWS_LOG2, MAX_TILE_ROWS_LOG2)
}

/// A tensor of so many elements and bytes has enough tiles for a GPU even where they are tall.
const LARGE_ELEMENTS: usize = 1 << 25;
const LARGE_BYTES: usize = 1 << 26;

/// Elements of a tile, as a binary logarithm, of tensors that do not fill a GPU: 8192 above 2^20 elements, and half as many for
/// a tensor of a sixteenth. The fewer bytes a tensor has, the more of its time is spent on one tile's rows and the less there is
/// to lose to tiles, 1 to 4 % of it.
const fn small_tile_log2(elements: usize) -> u32 {
    let most_log2 = 13;
    let elements_log2 = elements.next_power_of_two().ilog2();
    let tile_log2 = 7 + elements_log2.div_ceil(4);
    if tile_log2 < most_log2 { tile_log2 } else { most_log2 }
}

/// The same of tensors of one-byte elements between [`LARGE_ELEMENTS`] and [`LARGE_BYTES`]: taller tiles take a third longer.
const MEDIUM_TILE_LOG2: u32 = 14;

/// The same of tensors beyond both.
const fn large_tile_log2(codec: PlaneCodec) -> u32 {
    match codec {
        // As fast on a GPU as half as many, where with other codecs taller tiles lose 2 to 5 % (see benches/RESULTS.md).
        PlaneCodec::TansCrumb => 16,
        _ => 15,
    }
}

/// The width of a row where the matrix geometry serves: whole blocks wide, and at least a tile high.
fn matrix_row_bytes(tensor: &TensorView<'_>, tile_rows: u64) -> Option<u64> {
    let (&columns, outer) = tensor.shape().split_last()?;
    // Of an empty tensor neither product need fit.
    let rows = outer.iter().try_fold(1u64, |rows, &extent| rows.checked_mul(extent))?;
    let row_bits = columns.checked_mul(tensor.dtype().bitsize() as u64)?;
    let whole_blocks = row_bits > 0 && row_bits.is_multiple_of(8 * ROW_BYTES as u64);
    (whole_blocks && rows >= tile_rows).then_some(row_bits / 8)
}
