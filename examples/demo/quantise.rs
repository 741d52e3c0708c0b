//! Matrices of F32 to 8 or 4 bits with scales: a weight is about its narrow value times the scale.

use crate::f8;

/// Symmetric INT8, one scale for each row of `width` values: the largest magnitude of the row
/// becomes 127.
pub fn int8(values: &[f32], width: usize) -> (Vec<u8>, Vec<f32>) {
    scaled(values, width, 127.0, |value| value.round_ties_even().clamp(-127.0, 127.0) as i8 as u8)
}

/// F8_E4M3, one scale for each row of `width` values: the largest magnitude of the row becomes 448.
pub fn f8_e4m3(values: &[f32], width: usize) -> (Vec<u8>, Vec<f32>) {
    scaled(values, width, f8::MAX, f8::e4m3_from_f32)
}

/// Weights that share a scale in INT4.
const GROUP: usize = 128;

/// Symmetric INT4, one scale for each 128 values of a row of `width`, or what is left of it: the
/// largest magnitude of the group becomes 7. Two values a byte, the first in the low nibble; a row
/// of odd width ends with a 0.
pub fn int4_groups(values: &[f32], width: usize) -> (Vec<u8>, Vec<f32>) {
    let (mut bytes, mut scales) = (Vec::with_capacity(values.len() / 2), Vec::new());
    for row in values.chunks(width.max(1)) {
        let narrow = |value: f32| value.round_ties_even().clamp(-7.0, 7.0) as i8 as u8 & 15;
        let (nibbles, of_row) = scaled(row, GROUP, 7.0, narrow);
        bytes.extend(nibbles.chunks(2).map(|pair| pair[0] | pair.get(1).unwrap_or(&0) << 4));
        scales.extend(of_row);
    }
    (bytes, scales)
}

/// Divides each row by a scale that makes its largest magnitude `largest`, and narrows the
/// quotients.
fn scaled(
    values: &[f32],
    width: usize,
    largest: f32,
    narrow: impl Fn(f32) -> u8,
) -> (Vec<u8>, Vec<f32>) {
    let mut bytes = Vec::with_capacity(values.len());
    let mut scales = Vec::new();
    for row in values.chunks(width.max(1)) {
        let amax = row.iter().fold(0f32, |amax, value| amax.max(value.abs()));
        // A row of zeros has no scale of its own.
        let scale = if amax > 0.0 { amax / largest } else { 1.0 };
        bytes.extend(row.iter().map(|value| narrow(value / scale)));
        scales.push(scale);
    }
    (bytes, scales)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn int8_by_hand() {
        let values = [0.0, 0.5, -1.0, 127.0, 2.5, -254.0];
        assert_eq!(int8(&values, 3), {
            let scales = vec![1.0 / 127.0, 2.0];
            (vec![0, 64, -127i8 as u8, 64, 1, -127i8 as u8], scales)
        });
        assert_eq!(int8(&values, 6).1, [2.0]);
        assert_eq!(int8(&values, 6).0, [0, 0, 0, 64, 1, -127i8 as u8]);
    }

    #[test]
    fn f8_e4m3_by_hand() {
        // 448 = 1.75 * 2^8, 224 = 1.75 * 2^7, 1 = 1.0 * 2^0.
        assert_eq!(f8_e4m3(&[896.0, -448.0, 2.0], 3), (vec![0x7E, 0xF6, 0x38], vec![2.0]));
    }

    #[test]
    fn int4_by_hand() {
        // Two rows of 3: scales of 1 and 2, the last nibble of each row empty.
        let (bytes, scales) = int4_groups(&[7.0, -1.0, 0.5, -14.0, 2.0, 5.0], 3);
        assert_eq!((bytes, scales), (vec![0xF7, 0x00, 0x19, 0x02], vec![1.0, 2.0]));
        // 129 values are two groups.
        let (bytes, scales) = int4_groups(&[vec![7.0; 128], vec![14.0]].concat(), 129);
        assert_eq!((bytes.len(), bytes[64], scales), (65, 0x07, vec![1.0, 2.0]));
    }

    #[test]
    fn zeros_and_nothing() {
        assert_eq!(int8(&[0.0, -0.0], 2), (vec![0, 0], vec![1.0]));
        assert_eq!(f8_e4m3(&[], 0), (vec![], vec![]));
    }
}
