//! Sections 2 and 3, forwards: the original cut into tiles, and its elements split.

use super::Plan;

/// One row of a tile: its 512 bytes, zeros beyond the end of the tensor.
pub struct Row {
    pub bytes: [u8; 512],
    /// The number of the tensor's own bytes among them, `v` in section 2.
    pub valid: usize,
}

/// The tiles in order, each as its rows.
pub fn cut(original: &[u8], plan: &Plan) -> Vec<Vec<Row>> {
    let tensor_rows: Vec<&[u8]> = original.chunks(plan.row_bytes).collect();
    let mut tiles = Vec::new();
    for tile_row in tensor_rows.chunks(plan.tile_rows) {
        for column in 0..plan.row_bytes / 512 {
            tiles.push(tile_row.iter().map(|row| cut_row(row, column)).collect());
        }
    }
    tiles
}

fn cut_row(tensor_row: &[u8], column: usize) -> Row {
    let block = tensor_row.chunks(512).nth(column).expect("only column 0 can be short");
    let mut bytes = [0; 512];
    bytes[..block.len()].copy_from_slice(block);
    Row { bytes, valid: block.len() }
}

/// The coded byte and the raw bytes of an element by the table of section 3.
pub fn split(split: u8, element: &[u8]) -> (u8, [u8; 3]) {
    let mut wide = [0; 4];
    wide[..element.len()].copy_from_slice(element);
    let e = u32::from_le_bytes(wide);
    let [b0, b1, b2, b3] = wide;
    let sign_above_7_bits = |sign: u32, low: u32| (sign << 7 | low & 127) as u8;
    match split {
        0 => (b0, [0; 3]),
        1 => (b0.rotate_left(1), [0; 3]),
        2 => ((e >> 7) as u8, [sign_above_7_bits(e >> 15, e), 0, 0]),
        3 => (b1, [b0, 0, 0]),
        4 => ((e >> 23) as u8, [b0, b1, sign_above_7_bits(e >> 31, e >> 16)]),
        _ => (b3, [b0, b1, b2]),
    }
}
