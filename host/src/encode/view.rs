//! How a tensor may be seen: splits by dtype, tiling by shape and size (FORMAT.md sections 2 and 3).

use super::Profile;
use crate::{Dtype, Result, TensorView, error::Error};
use wcodec_kernels::format::{MAX_TILE_ROWS_LOG2, MIN_TILE_ROWS_LOG2, ROW_BYTES, Split, TileGrid};

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

/// Elements a tile has at least, of a tensor large enough to be decoded alone.
const SHORT_TILE: u64 = 8192;
/// Elements a tile has at most, of a tensor as large as that: enough tiles are left to share out evenly.
const TALL_TILE: u64 = 32768;
/// Tiles that fill a GPU.
const ENOUGH_TILES: u64 = 2048;
/// Tensors of fewer elements than a 4096×4096 layer are taken to be decoded together with others, and get the tallest
/// tiles; with the fast profile, those of fewer than a quarter of that.
const DECODED_ALONE: u64 = 1 << 24;

/// The tiling of a tensor under `split`.
pub fn grid(
    tensor: &TensorView<'_>,
    split: Split,
    profile: Profile,
    tile_rows_log2: Option<u8>,
) -> Result<TileGrid> {
    let byte_len = tensor.data().len() as u64;
    let rows_log2 =
        tile_rows_log2.unwrap_or_else(|| default_tile_rows_log2(byte_len, split, profile));
    let row_bytes = matrix_row_bytes(tensor, 1 << rows_log2.min(MAX_TILE_ROWS_LOG2));
    TileGrid::new(byte_len, row_bytes.unwrap_or(ROW_BYTES as u64), rows_log2)
        .map_err(|invalid| Error::InvalidArgument(invalid.reason.to_string()))
}

/// Tall tiles have the better ratio, as a tile's states and index entry cost 108 bytes beyond what they carry (half of
/// 32 bits a state is lost at the start, a quarter at the end); short ones let a single tensor fill a GPU.
fn default_tile_rows_log2(byte_len: u64, split: Split, profile: Profile) -> u8 {
    let elements = byte_len / split.element_bytes() as u64;
    let decoded_alone = match profile {
        Profile::Ratio => u64::MAX,
        Profile::Balanced => DECODED_ALONE,
        Profile::Fast => DECODED_ALONE / 4,
    };
    if elements < decoded_alone {
        return MAX_TILE_ROWS_LOG2;
    }
    let tile_elements = (elements / ENOUGH_TILES).clamp(SHORT_TILE, TALL_TILE);
    let row_elements = (ROW_BYTES / split.element_bytes()) as u64;
    let rows_log2 = (tile_elements / row_elements).ilog2() as u8;
    rows_log2.clamp(MIN_TILE_ROWS_LOG2, MAX_TILE_ROWS_LOG2)
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
