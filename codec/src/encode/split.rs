//! Splits a lane's 16 bytes into coded and raw bytes (FORMAT.md section 3), the reverse of
//! [`crate::decode`]'s joining.

use crate::format::Split;
use crate::warp::TOP_BITS;

/// The coded bytes of a lane's 16 bytes, in the first of these words: four, two or one.
///
/// `permute` selects four of the eight bytes of two words, the first of which has the lower ones:
/// nibble `i` of its third argument names byte `i` of the result.
#[inline(always)]
pub fn coded_words(
    split: Split,
    words: [u32; 4],
    permute: impl Fn(u32, u32, u32) -> u32,
) -> [u32; 4] {
    let [a, b, c, d] = if split.is_exponent() { words.map(|word| word << 1) } else { words };
    match split {
        Split::Byte => words,
        Split::RotatedByte => words.map(|word| word << 1 & 0xFEFE_FEFE | word >> 7 & 0x0101_0101),
        Split::Exponent16 | Split::High16 => [permute(a, b, 0x7531), permute(c, d, 0x7531), 0, 0],
        Split::Exponent32 | Split::High32 => {
            let (first, last) = (permute(a, b, 0x0073), permute(c, d, 0x0073));
            [permute(first, last, 0x5410), 0, 0, 0]
        }
    }
}

/// The bytes of raw plane `plane` of a lane's 16 bytes, as [`coded_words`] gives the coded ones.
#[inline(always)]
pub fn raw_words(
    split: Split,
    plane: usize,
    words: [u32; 4],
    permute: impl Fn(u32, u32, u32) -> u32,
) -> [u32; 4] {
    // The sign comes down to the seven highest bits of the mantissa.
    let with_signs = |high: u32, low: u32| high & TOP_BITS | low & !TOP_BITS;
    match split {
        Split::Exponent16 => {
            let [a, b, c, d] = words;
            let four = |a, b| with_signs(permute(a, b, 0x7531), permute(a, b, 0x6420));
            [four(a, b), four(c, d), 0, 0]
        }
        Split::High16 => {
            let [a, b, c, d] = words;
            [permute(a, b, 0x6420), permute(c, d, 0x6420), 0, 0]
        }
        Split::Exponent32 if plane == 2 => {
            let (high, low) = (fourth_part(words, 3, &permute), fourth_part(words, 2, &permute));
            [with_signs(high, low), 0, 0, 0]
        }
        Split::Exponent32 | Split::High32 => [fourth_part(words, plane as u32, permute), 0, 0, 0],
        Split::Byte | Split::RotatedByte => [0; 4],
    }
}

/// Byte `byte` of each of four words.
#[inline(always)]
fn fourth_part([a, b, c, d]: [u32; 4], byte: u32, permute: impl Fn(u32, u32, u32) -> u32) -> u32 {
    let selector = byte | (byte + 4) << 4;
    permute(permute(a, b, selector), permute(c, d, selector), 0x5410)
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::vec::Vec;

    fn permute(low: u32, high: u32, selector: u32) -> u32 {
        let bytes = (u64::from(high) << 32 | u64::from(low)).to_le_bytes();
        let byte = |place: u32| bytes[(selector >> (4 * place) & 7) as usize];
        u32::from_le_bytes([byte(0), byte(1), byte(2), byte(3)])
    }

    /// The table of FORMAT.md section 3, element by element: coded byte and raw bytes.
    fn of_element(split: Split, element: u32) -> (u8, [u8; 3]) {
        let [b0, b1, b2, b3] = element.to_le_bytes();
        match split {
            Split::Byte => (b0, [0; 3]),
            Split::RotatedByte => (b0.rotate_left(1), [0; 3]),
            Split::Exponent16 => ((element >> 7) as u8, [b1 & 0x80 | b0 & 0x7F, 0, 0]),
            Split::High16 => (b1, [b0, 0, 0]),
            Split::Exponent32 => ((element >> 23) as u8, [b0, b1, b3 & 0x80 | b2 & 0x7F]),
            Split::High32 => (b3, [b0, b1, b2]),
        }
    }

    #[test]
    fn each_byte_goes_where_the_format_says() {
        let mut random = 1u64;
        for round in 0..400 {
            let words: [u32; 4] = core::array::from_fn(|_| {
                random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                (random >> 29) as u32
            });
            let split = Split::ALL[round % 6];
            let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
            let elements = bytes.chunks(split.element_bytes()).map(|element| {
                let mut wide = [0; 4];
                wide[..element.len()].copy_from_slice(element);
                of_element(split, u32::from_le_bytes(wide))
            });
            let expected: Vec<(u8, [u8; 3])> = elements.collect();
            let n = split.lane_elements();
            let as_bytes = |words: [u32; 4]| -> Vec<u8> {
                words.iter().flat_map(|word| word.to_le_bytes()).take(n).collect()
            };
            let coded: Vec<u8> = expected.iter().map(|(coded, _)| *coded).collect();
            assert_eq!(as_bytes(coded_words(split, words, permute)), coded, "{split:?}");
            for plane in 0..split.raw_planes() {
                let raw: Vec<u8> = expected.iter().map(|(_, raw)| raw[plane]).collect();
                let found = as_bytes(raw_words(split, plane, words, permute));
                assert_eq!(found, raw, "{split:?}, plane {plane}");
            }
        }
    }
}
