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

/// Elements of a tile of a tensor that may be decoded alone: a small enough part of it.
const SHORT_TILE: u64 = 8192;
/// Elements of a tile of a tensor so large that tiles enough are left to share out evenly.
const fn tall_tile(codec: PlaneCodec) -> u64 {
    match codec {
        // As fast on a GPU as half as many, where with other codecs taller tiles lose 2 to 5 % (see benches/RESULTS.md).
        PlaneCodec::TansCrumb => 65536,
        _ => 32768,
    }
}
/// Elements from which on a matrix may be decoded alone, and from which on its tiles are tall: those of a 4096×2048 layer,
/// and of an 8192×4096 one. Smaller ones are taken to be decoded together with others, and have the tallest tiles, as have
/// those of medium size that are not matrices of whole blocks.
const DECODED_ALONE: u64 = 1 << 23;
const LARGE: u64 = 1 << 25;

/// The tiling of a tensor in tiles of `1 << rows_log2` rows.
pub fn grid(tensor: &TensorView<'_>, rows_log2: u8) -> Result<TileGrid> {
    let byte_len = tensor.data().len() as u64;
    let row_bytes = matrix_row_bytes(tensor, 1 << rows_log2.min(MAX_TILE_ROWS_LOG2));
    TileGrid::new(byte_len, row_bytes.unwrap_or(ROW_BYTES as u64), rows_log2)
        .map_err(|invalid| Error::InvalidArgument(invalid.reason.to_string()))
}

/// The binary logarithm of the rows of a tile.
///
/// Tall tiles have the better ratio, as a tile's lanes and index entry cost some 106 bytes beyond what they carry (12 of
/// an entry, half a word a lane, and what a lane's first state does not tell of its last symbol); short ones let a single
/// tensor fill a GPU.
pub fn tile_rows_log2(
    tensor: &TensorView<'_>,
    split: Split,
    codec: PlaneCodec,
    profile: Profile,
) -> u8 {
    let elements = (tensor.data().len() / split.element_bytes()) as u64;
    let is_matrix = matrix_row_bytes(tensor, 1).is_some();
    let decoded_alone = match profile {
        Profile::Ratio => false,
        Profile::Balanced => elements >= LARGE || is_matrix && elements >= DECODED_ALONE,
        Profile::Fast => elements >= DECODED_ALONE / 4,
    };
    if !decoded_alone {
        return MAX_TILE_ROWS_LOG2;
    }
    let tile_elements = if elements < LARGE { SHORT_TILE } else { tall_tile(codec) };
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
