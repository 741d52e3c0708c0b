//! The splits that a dtype allows, and the tilings that shape and size allow (FORMAT.md sections 2
//! and 3).

use crate::encode::settings::{EncodeSettings, Profile};
use crate::{Dtype, Result, TensorView, error::Error};
use wcodec_codec::format::{MAX_TILE_ROWS, MIN_TILE_ROWS, PlaneCodec, ROW_BYTES, Split, TileGrid};

/// The splits worth trying for any tensor of a dtype.
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

/// Those that may serve where the bytes that [`splits`] leave raw are not random: where all weights
/// have one sign, which a split of the whole high byte codes, or where neighbours are alike.
pub fn other_splits(dtype: Dtype) -> &'static [Split] {
    match dtype {
        Dtype::BF16 => &[Split::High16],
        Dtype::F16 => &[Split::Exponent16],
        Dtype::F32 => &[Split::High32],
        _ => &[],
    }
}

/// The tiling of a tensor in tiles of `rows` rows.
pub fn grid(tensor: &TensorView<'_>, rows: u32) -> Result<TileGrid> {
    let byte_len = tensor.data().len() as u64;
    let row_bytes = matrix_row_bytes(tensor, rows.into());
    TileGrid::new(byte_len, row_bytes.unwrap_or(ROW_BYTES as u64), rows)
        .map_err(|invalid| Error::InvalidArgument(invalid.reason.to_string()))
}

/// The rows of a tile.
///
/// A GPU decodes tiles side by side, and the rows of a tile one after another, in 0.2 to 0.3 µs
/// each. So a tensor that is decoded alone waits for its tiles where they are tall, unless they are
/// so many that memory or shared memory bounds it. But each tile costs bytes: its index entry and
/// its lanes some 106 beyond their content (12 of the entry, half a word a lane, and the unused
/// part of a lane's first state). benches/log has times and ratios of all heights (2026-11-27).
///
/// The tiles of a batch of tensors are decoded side by side.
pub fn tile_rows(
    tensor: &TensorView<'_>,
    split: Split,
    codec: PlaneCodec,
    settings: &EncodeSettings,
) -> u32 {
    tile_rows_of(tensor.data().len(), split, codec, settings)
}

/// As [`tile_rows`], of a tensor of so many bytes.
pub fn tile_rows_of(
    byte_len: usize,
    split: Split,
    codec: PlaneCodec,
    settings: &EncodeSettings,
) -> u32 {
    if let Some(rows) = settings.tile_rows {
        return rows;
    }
    // The tiles of a constant tensor hold nothing but their index entries.
    if settings.profile == Profile::Ratio || codec == PlaneCodec::Const {
        return MAX_TILE_ROWS;
    }
    let batch = usize::try_from(settings.batch_bytes).unwrap_or(usize::MAX);
    let len = byte_len.max(batch);
    let elements = len / split.element_bytes();
    let tile_elements = if elements < LARGE_ELEMENTS {
        small_tile_elements(elements)
    } else if len < LARGE_BYTES {
        MEDIUM_TILE_ELEMENTS
    } else {
        large_tile_elements(codec)
    };
    let row_elements = ROW_BYTES / split.element_bytes();
    let rows = tile_elements.div_ceil(row_elements) as u32;
    rows.clamp(MIN_TILE_ROWS, MAX_TILE_ROWS)
}

/// A tensor of so many elements and bytes has enough tiles for a GPU even where they are tall.
const LARGE_ELEMENTS: usize = 1 << 25;
const LARGE_BYTES: usize = 1 << 26;

/// Elements of a tile of a tensor that does not fill a GPU: 2^11 where it has 2^16 elements, 2^12
/// for 2^20, and 2^13 from 2^22 on. The fewer bytes a tensor has, the more of its time is spent on
/// one tile's rows and the less there is to lose to tiles, 1 to 4 % of it. In between it grows by
/// roots, so that no size is much slower than a smaller one.
const fn small_tile_elements(elements: usize) -> usize {
    let elements = elements as u64;
    let tile_elements = if elements <= 1 << 20 {
        // 2^7 · elements^(1/4)
        8 * (elements << 16).isqrt().isqrt()
    } else {
        // 2^2 · elements^(1/2)
        (elements << 4).isqrt()
    };
    if tile_elements < 1 << 13 { tile_elements as usize } else { 1 << 13 }
}

/// The same of tensors of one-byte elements between [`LARGE_ELEMENTS`] and [`LARGE_BYTES`]: taller
/// tiles take a third longer.
const MEDIUM_TILE_ELEMENTS: usize = 1 << 14;

/// The same of tensors beyond both.
const fn large_tile_elements(codec: PlaneCodec) -> usize {
    match codec {
        // As fast on a GPU as half as many, where with other codecs taller tiles lose 2 to 5 % (see
        // benches/log).
        PlaneCodec::TansCrumb => 1 << 16,
        _ => 1 << 15,
    }
}

/// The width of a row where the matrix geometry serves: whole blocks wide, and at least a tile
/// high.
fn matrix_row_bytes(tensor: &TensorView<'_>, tile_rows: u64) -> Option<u64> {
    let (&columns, outer) = tensor.shape().split_last()?;
    // For an empty tensor neither product need fit.
    let rows = outer.iter().try_fold(1u64, |rows, &extent| rows.checked_mul(extent))?;
    let row_bits = columns.checked_mul(tensor.dtype().bitsize() as u64)?;
    let whole_blocks = row_bits > 0 && row_bits.is_multiple_of(8 * ROW_BYTES as u64);
    (whole_blocks && rows >= tile_rows).then_some(row_bits / 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A taller tile takes longer, so tiles that grew by much from one size to the next would make
    /// the larger tensor the slower one.
    #[test]
    fn small_tiles_grow_slower_than_tensors() {
        let sizes = (12 << 4..25 << 4).map(|step| 2f64.powf(f64::from(step) / 16.0) as usize);
        let tiles: Vec<usize> = sizes.map(small_tile_elements).collect();
        for pair in tiles.windows(2) {
            assert!(pair[0] <= pair[1] && pair[1] as f64 <= 1.04 * pair[0] as f64, "{pair:?}");
        }
    }

    #[test]
    fn small_tiles_meet_the_measured_heights() {
        let tiles = [1 << 16, 1 << 20, 1 << 21, 1 << 22, 1 << 24].map(small_tile_elements);
        assert_eq!(tiles, [1 << 11, 1 << 12, 5792, 1 << 13, 1 << 13]);
    }
}
