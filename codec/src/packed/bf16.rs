//! BF16 numbers as bits: the upper half of an F32 number.

/// The value of a BF16 number.
#[inline(always)]
pub const fn widen(bits: u16) -> f32 {
    f32::from_bits((bits as u32) << 16)
}

/// The nearest BF16 number, of two the even one; NaN stays NaN.
#[inline(always)]
pub const fn round(value: f32) -> u16 {
    let bits = value.to_bits();
    if value.is_nan() {
        // Quiet, as otherwise a payload in the lower half alone would leave an infinity.
        return (bits >> 16) as u16 | 0x40;
    }
    ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bf16_numbers_are_their_own_nearest() {
        for bits in 0..=u16::MAX {
            let rounded = round(widen(bits));
            let expected = if widen(bits).is_nan() { bits | 0x40 } else { bits };
            assert_eq!(rounded, expected);
        }
    }

    #[test]
    fn halves_go_to_the_even_neighbour_and_others_to_the_nearest() {
        let bits = |bits| round(f32::from_bits(bits));
        assert_eq!(bits(0x3F80_8000), 0x3F80);
        assert_eq!(bits(0x3F81_8000), 0x3F82);
        assert_eq!(bits(0x3F80_8001), 0x3F81);
        assert_eq!(bits(0x3F80_7FFF), 0x3F80);
        assert_eq!(bits(0x7F7F_FFFF), 0x7F80);
        assert_eq!(bits(0xFF7F_8000), 0xFF80);
        assert!(widen(bits(0x7F80_0001)).is_nan());
    }
}
