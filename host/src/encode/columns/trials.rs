//! The orders of columns that are worth a trial, told from samples.

use super::orders::Orders;
use super::period::period;
use super::rows::Rows;
use super::saving::saving;
use super::tile_rows;
use crate::encode::choose::{BITS_OF_TILE, view};
use crate::encode::settings::{EncodeSettings, Order, Profile};
use crate::{Dtype, TensorView};
use wcodec_codec::format::{MIN_BAND_BYTES, PlaneCodec, ROW_BYTES, Split};

/// Fewer rows tell too little of their columns.
const LEAST_ROWS: u64 = 256;
/// A difference of columns that is none but chance, in bits an element.
const CHANCE_BITS: f64 = 0.06;

/// An order of columns that may be worth its blob.
pub struct Trial {
    pub rows: Rows,
    /// The bytes of a blob that leaves no doubt that one in the order of rows is larger.
    pub enough: u64,
}

/// The rows that are asked for, or those that are worth a trial by cost.
pub fn trials(settings: &EncodeSettings, tensor: &TensorView<'_>) -> Vec<Trial> {
    match settings.order {
        Order::Rows => vec![],
        // A codec is asked for to be seen as it is.
        Order::ByCost if settings.codec.is_some() => vec![],
        Order::ByCost => worth_a_trial(settings, tensor),
        Order::Columns { element_bytes, columns } => {
            vec![Trial { rows: Rows { element_bytes, columns }, enough: u64::MAX }]
        }
    }
}

/// The rows in whose columns a sample shows a difference.
fn worth_a_trial(settings: &EncodeSettings, tensor: &TensorView<'_>) -> Vec<Trial> {
    let data = tensor.data();
    let least = settings.profile.codec_tolerance();
    let differ = |rows: &Rows| {
        let height = if rows.columns > 1 { data.len() as u64 / rows.bytes() } else { 0 };
        if height < LEAST_ROWS || height * rows.bytes() < MIN_BAND_BYTES {
            return false;
        }
        let saving = saving(data, *rows);
        saving.bits > CHANCE_BITS && saving.bits > least * saving.of_bits
    };
    let of_shape = own_rows(tensor).filter(differ);
    let of_bytes = byte_rows(tensor).filter(differ).filter(|rows| Some(*rows) != of_shape);
    let rows = of_shape.into_iter().chain(of_bytes);
    rows.filter_map(|rows| trial(settings, tensor, rows)).collect()
}

/// The parts of what must be saved at least for which a trial is worth its time, and for which that
/// of rows is not.
const LIKELY: f64 = 0.5;
const CLEAR: f64 = 4.0;
/// Bytes of wide elements.
const WIDE: u8 = 4;

/// A trial, where the saving that is expected is worth one. For the smallest blob all are; and so
/// are those of wide elements, whose highest byte must save much to be here.
fn trial(settings: &EncodeSettings, tensor: &TensorView<'_>, rows: Rows) -> Option<Trial> {
    if settings.profile == Profile::Ratio || rows.element_bytes >= WIDE {
        return Some(Trial { rows, enough: 0 });
    }
    let column_bytes = tensor.data().len() as u64 / rows.bytes() * u64::from(rows.element_bytes);
    let height = settings.tile_rows.unwrap_or_else(|| tile_rows(settings, tensor, column_bytes));
    let columns_of_tile = u64::from(height) * ROW_BYTES as u64 / column_bytes;
    let lowest = view::tile_rows(tensor, Split::Byte, PlaneCodec::TansPair, settings);
    let row_bytes = view::grid(tensor, lowest).map_or(ROW_BYTES as u64, |grid| grid.row_bytes());
    let (in_a_tile, row_bytes) = (columns_of_tile as usize, row_bytes as usize);
    let expected = Orders::expect(tensor.data(), rows, in_a_tile, row_bytes);
    // Bits an element that tiles of so many rows cost.
    let tile = |height: u32| {
        let elements = height as usize * ROW_BYTES / usize::from(rows.element_bytes);
        BITS_OF_TILE as f64 / elements as f64
    };
    let more_tiles = tile(height) - tile(lowest);
    let saved = expected.rows - expected.columns - more_tiles;
    let least_saved = expected.least_rows - expected.columns - more_tiles;
    let others = 8.0 * f64::from(rows.element_bytes - 1);
    let least = settings.profile.codec_tolerance() * (expected.rows + others);
    // Bytes of elements that have another split may be fewer under that one than the sample tells.
    let own_split = view::splits(tensor.dtype()) == [Split::Byte] || rows.element_bytes > 1;
    let enough = if own_split && least_saved > CLEAR * least {
        let elements = tensor.data().len() as f64 / f64::from(rows.element_bytes);
        (elements * (expected.least_rows + others - 2.0 * least) / 8.0) as u64
    } else {
        0
    };
    (saved > LIKELY * least).then_some(Trial { rows, enough })
}

/// The rows of a tensor with two dimensions or more.
fn own_rows(tensor: &TensorView<'_>) -> Option<Rows> {
    let (&columns, outer) = tensor.shape().split_last()?;
    let element_bytes = u8::try_from(tensor.dtype().bitsize() / 8).ok()?;
    let fits = !outer.is_empty() && matches!(element_bytes, 1 | 2 | 4 | 8);
    let columns = u32::try_from(columns).ok().filter(|_| fits)?;
    Some(Rows { element_bytes, columns })
}

/// The bytes of elements that are wider than the splits tell apart, or of blocks in a tensor of
/// integers.
fn byte_rows(tensor: &TensorView<'_>) -> Option<Rows> {
    let columns = match tensor.dtype() {
        Dtype::I64 | Dtype::U64 | Dtype::F64 | Dtype::C64 => 8,
        Dtype::U8 | Dtype::I8 | Dtype::U16 | Dtype::I16 | Dtype::U32 | Dtype::I32 => {
            period(tensor.data())?
        }
        _ => return None,
    };
    Some(Rows { element_bytes: 1, columns })
}
