//! F32 to F8_E4M3, rounded to nearest, ties to even.

/// The largest finite F8_E4M3.
pub const MAX: f32 = 448.0;

/// The bits of the nearest F8_E4M3; what lies beyond the largest becomes the largest, as the format
/// has no infinity.
pub fn e4m3_from_f32(value: f32) -> u8 {
    const SUBNORMAL_STEPS: f32 = 512.0;
    const LEAST_NORMAL: f32 = 1.0 / 64.0;
    let sign = (value.to_bits() >> 24) as u8 & 0x80;
    let magnitude = value.abs();
    if value.is_nan() {
        return sign | 0x7F;
    }
    if magnitude < LEAST_NORMAL {
        // Eight steps make the least normal number, whose bits are 8.
        return sign | (magnitude * SUBNORMAL_STEPS).round_ties_even() as u8;
    }
    // Three of 23 mantissa bits stay, and the exponent's bias goes from 127 to 7. A carry out of
    // the mantissa raises the exponent, which is as it should be.
    let bits = magnitude.to_bits();
    let rounded = (bits + 0x7_FFFF + (bits >> 20 & 1)) >> 20;
    sign | (rounded - (120 << 3)).min(0x7E) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value of F8_E4M3 bits without the sign, from the format's definition.
    fn e4m3_value(bits: u8) -> f64 {
        let (exponent, mantissa) = (i32::from(bits >> 3), f64::from(bits & 7));
        match exponent {
            0 => mantissa / 8.0 * (-6f64).exp2(),
            _ => (1.0 + mantissa / 8.0) * f64::from(exponent - 7).exp2(),
        }
    }

    /// The index of the nearest of `values`, which ascend; of the two at a tie, the even one.
    fn nearest(magnitude: f64, values: &[f64]) -> usize {
        let above = values.partition_point(|&value| value <= magnitude).min(values.len() - 1);
        let below = above - 1;
        let (down, up) = (magnitude - values[below], values[above] - magnitude);
        if down < up || (down == up && below % 2 == 0) { below } else { above }
    }

    /// Every sign, exponent and upper 5 bits of the mantissa, with what lies just beside: all
    /// values of the format, all ties between them, and their neighbours.
    fn telling_values() -> impl Iterator<Item = f32> {
        let upper = 0..1u32 << 14;
        let beside = [0, 1, 2, 0x1FFFF, 0x20000, 0x20001, 0x3FFFE, 0x3FFFF];
        upper.flat_map(move |upper| beside.map(|low| f32::from_bits(upper << 18 | low)))
    }

    #[test]
    fn e4m3_is_the_nearest() {
        let values: Vec<f64> = (0..0x7F).map(e4m3_value).collect();
        for value in telling_values().filter(|value| !value.is_nan()) {
            let bits = nearest(f64::from(value.abs()).min(448.0), &values) as u8;
            let sign = if value.is_sign_negative() { 0x80 } else { 0 };
            assert_eq!(e4m3_from_f32(value), sign | bits, "{value:e}");
        }
    }

    #[test]
    fn e4m3_comes_back() {
        for bits in 0..0x7F {
            let value = e4m3_value(bits) as f32;
            assert_eq!((e4m3_from_f32(value), e4m3_from_f32(-value)), (bits, bits | 0x80));
        }
        assert_eq!(e4m3_value(0x7E), f64::from(MAX));
    }

    #[test]
    fn what_is_no_number_stays_so() {
        for bits in [0x7F80_0001, 0x7FC0_0000, 0xFFFF_FFFF, 0xFF80_0001u32] {
            let sign = (bits >> 24) as u8 & 0x80;
            assert_eq!(e4m3_from_f32(f32::from_bits(bits)), sign | 0x7F);
        }
        assert_eq!([f32::INFINITY, f32::NEG_INFINITY].map(e4m3_from_f32), [0x7E, 0xFE]);
    }
}
