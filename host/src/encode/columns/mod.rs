//! Transposed tensors (FORMAT.md section 2.1): where the columns of a matrix, or the bytes at each
//! place of a block, differ from each other, their elements are coded column after column.
//!
//! Such a tensor's blob is that of its elements in the order of columns, with the order written in
//! its header. So the two orders are compared as blobs where a sample does not tell enough: `saving`
//! tells whether columns differ, `orders` what that comes to beside what rows save, and `period`
//! finds the length of blocks that no shape tells of.

mod orders;
mod period;
mod rows;
mod saving;
mod trials;

pub use trials::{Trial, trials};

use super::choose::view;
use super::settings::{EncodeSettings, Order, Profile};
use crate::memory::{Room, new_filled};
use crate::transposition::take_columns;
use crate::{Dtype, Error, Result, TensorView};
use rows::Rows;
use wcodec_codec::format::{
    BlobHeader, MAX_TILE_ROWS, MIN_BAND_BYTES, MIN_TILE_ROWS, PlaneCodec, ROW_BYTES, Split,
    TileGrid, Transposition,
};

/// A tensor in the order of columns, and how it is to be encoded.
pub struct Transposed {
    order: Transposition,
    dtype: Dtype,
    shape: [u64; 1],
    bytes: Vec<u8>,
    tile_rows: u32,
}

impl Transposed {
    /// The tensor column after column of these rows.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where it does not have such rows; [`Error::OutOfMemory`].
    pub fn new(settings: &EncodeSettings, tensor: &TensorView<'_>, rows: Rows) -> Result<Self> {
        let data = tensor.data();
        let invalid = |reason: String| Error::InvalidArgument(reason);
        let flat = TileGrid::new(data.len() as u64, ROW_BYTES as u64, MIN_TILE_ROWS);
        let flat = flat.map_err(|error| invalid(error.to_string()))?;
        let column_bytes = data.len() as u64 / rows.bytes().max(1) * u64::from(rows.element_bytes);
        let tile_rows =
            settings.tile_rows.unwrap_or_else(|| tile_rows(settings, tensor, column_bytes));
        // A tile is in one column wherever columns are as long; a band has enough of them.
        let tile_bytes = u64::from(tile_rows) * ROW_BYTES as u64;
        let tiles = MIN_BAND_BYTES.div_ceil(tile_bytes * u64::from(rows.columns).max(1));
        let band_rows =
            (tiles * tile_bytes).min(column_bytes) / u64::from(rows.element_bytes).max(1);
        let band_rows = u32::try_from(band_rows).unwrap_or(u32::MAX);
        let order = Transposition::new(&flat, rows.element_bytes, rows.columns, band_rows)
            .map_err(|error| invalid(format!("{rows:?}: {error}")))?;
        let bytes = new_filled(data.len() as u64, "a transposed tensor", |room| {
            let columns = Room::Fresh(room).into_filled();
            take_columns(&order, data, columns);
            Ok(columns)
        })?;
        // Elements that stay together stay what they are.
        let whole = (8 * usize::from(rows.element_bytes)).is_multiple_of(tensor.dtype().bitsize());
        let dtype = if whole { tensor.dtype() } else { Dtype::U8 };
        let shape = [data.len() as u64 * 8 / dtype.bitsize() as u64];
        Ok(Self { order, dtype, shape, bytes, tile_rows })
    }

    /// The settings for its bytes.
    pub fn settings(&self, settings: &EncodeSettings) -> EncodeSettings {
        let tile_rows = Some(self.tile_rows);
        EncodeSettings { tile_rows, order: Order::Rows, ..settings.clone() }
    }

    /// Its bytes as a tensor of their own.
    pub fn tensor(&self) -> Result<TensorView<'_>> {
        TensorView::new(self.dtype, &self.shape, &self.bytes)
    }

    /// Writes its order into the header of the blob of its bytes.
    pub fn write_order(&self, blob: &mut [u8]) {
        let header: &mut BlobHeader = bytemuck::from_bytes_mut(&mut blob[..BlobHeader::LEN]);
        header.write_order(Some(&self.order));
    }
}

/// The tallest tiles that a column is cut into; in the other profiles than `ratio` lower ones, as a
/// band is all that can be decoded of a tensor.
const RATIO_ROWS: u32 = 128;
const OTHER_ROWS: u32 = 32;

/// The rows of a tile, with which little is left at the end of a column of so many bytes.
fn tile_rows(settings: &EncodeSettings, tensor: &TensorView<'_>, column_bytes: u64) -> u32 {
    let most = view::tile_rows(tensor, Split::Byte, PlaneCodec::TansPair, settings);
    let most = most.min(if settings.profile == Profile::Ratio { RATIO_ROWS } else { OTHER_ROWS });
    let left = |&rows: &u32| column_bytes % (u64::from(rows) * ROW_BYTES as u64);
    let whole = column_bytes.div_ceil(ROW_BYTES as u64);
    let few = u32::try_from(whole).unwrap_or(MAX_TILE_ROWS).clamp(MIN_TILE_ROWS, MAX_TILE_ROWS);
    let most = most.min(few);
    let heights = (most / 2).max(MIN_TILE_ROWS)..=most;
    heights.rev().min_by_key(left).unwrap_or(MIN_TILE_ROWS)
}

/// A generator of bytes that have nothing to do with each other.
#[cfg(test)]
fn random_bytes() -> impl FnMut() -> u8 {
    let mut state = 7u64;
    move || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 56) as u8
    }
}
