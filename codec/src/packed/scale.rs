//! The 12-bit number of the fast form.

/// The scale of a matrix's 12-bit numbers: a weight is a code times 2^scale, exactly.
///
/// A code is a BF16 number of which the upper four exponent bits are zero: its sign at bit 15, four
/// bits of exponent at 10 … 7, seven of mantissa at 6 … 0. As in BF16 an exponent of 0 means a
/// subnormal number, so that both zeros are among the codes, and so are the small weights that end
/// in enough zero bits. Multiplying a code by the BF16 number 2^scale is exact and gives the
/// weight.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scale(u8);

/// Largest exponent field of a code.
const MAX_FIELD: u16 = 15;

impl Scale {
    /// The largest scale: 2^127 is the largest power of two in BF16.
    pub const MAX: u8 = 127;

    /// The scale 2^`exponent`; `None` beyond [`Scale::MAX`].
    #[inline(always)]
    pub const fn new(exponent: u8) -> Option<Self> {
        if exponent <= Self::MAX { Some(Self(exponent)) } else { None }
    }

    /// The exponent of the power of two.
    pub const fn exponent(self) -> u8 {
        self.0
    }

    /// The BF16 number 2^scale.
    #[inline(always)]
    pub const fn multiplier(self) -> u16 {
        (self.0 as u16 + 127) << 7
    }

    /// The BF16 number 2^-scale, a subnormal one for the largest scale.
    #[inline(always)]
    pub const fn inverse(self) -> u16 {
        if self.0 < Self::MAX { (127 - self.0 as u16) << 7 } else { 0x40 }
    }

    /// The code of a BF16 weight; `None` where there is none that is exactly it.
    #[inline(always)]
    pub const fn encode(self, weight: u16) -> Option<u16> {
        let (sign, field, mantissa) = (weight & 0x8000, weight >> 7 & 0xFF, weight & 0x7F);
        let scale = self.0 as u16;
        if field > scale {
            let code = field - scale;
            return if code <= MAX_FIELD { Some(sign | code << 7 | mantissa) } else { None };
        }
        // Units of a subnormal code are 2^scale times those of a subnormal weight.
        let (units, dropped) =
            if field == 0 { (mantissa, scale) } else { (0x80 | mantissa, scale + 1 - field) };
        if units == 0 {
            Some(sign)
        } else if units.trailing_zeros() >= dropped as u32 {
            Some(sign | units >> dropped)
        } else {
            None
        }
    }

    /// The BF16 weight that a code stands for. Bits that no code has are ignored.
    pub const fn decode(self, code: u16) -> u16 {
        let (sign, field, mantissa) = (code & 0x8000, code >> 7 & MAX_FIELD, code & 0x7F);
        let scale = self.0 as u16;
        if field > 0 {
            return sign | (field + scale) << 7 | mantissa;
        }
        if mantissa == 0 {
            return sign;
        }
        // The place of the leading one becomes the exponent, unless the weight is subnormal too.
        let leading = 15 - mantissa.leading_zeros() as u16;
        if leading + scale > 6 {
            sign | (leading + scale - 6) << 7 | mantissa << (7 - leading) & 0x7F
        } else {
            sign | mantissa << scale
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value of a BF16 number, without any arithmetic of this crate.
    fn value(bits: u16) -> f64 {
        f64::from(f32::from_bits(u32::from(bits) << 16))
    }

    fn scales() -> impl Iterator<Item = Scale> {
        (0..=Scale::MAX).filter_map(Scale::new)
    }

    fn codes() -> impl Iterator<Item = u16> {
        [0, 0x8000].into_iter().flat_map(|sign| (0..1 << 11).map(move |rest| sign | rest))
    }

    #[test]
    fn every_code_is_a_power_of_two_times_itself_as_a_bf16_number() {
        for scale in scales() {
            for code in codes() {
                let weight = scale.decode(code);
                let expected = value(code) * value(scale.multiplier());
                assert_eq!(value(weight).to_bits(), expected.to_bits(), "{scale:?} {code:#x}");
            }
        }
    }

    #[test]
    fn a_weight_has_a_code_exactly_where_one_decodes_to_it() {
        for scale in scales() {
            let mut code_of = [None; 1 << 16];
            for code in codes() {
                let weight = usize::from(scale.decode(code));
                assert_eq!(code_of[weight].replace(code), None, "{scale:?} {code:#x}");
            }
            for weight in 0..=u16::MAX {
                assert_eq!(scale.encode(weight), code_of[usize::from(weight)], "{weight:#x}");
            }
        }
    }

    /// So a weight has a code exactly where its product with the inverse, rounded to BF16, is below
    /// 2^-111, and gives the weight again when it is multiplied: which is what the GPU looks at.
    #[test]
    fn a_code_is_the_weight_times_the_inverse() {
        for scale in scales() {
            assert_eq!(value(scale.inverse()) * value(scale.multiplier()), 1.0);
            for weight in 0..=u16::MAX {
                let product = value(weight) * value(scale.inverse());
                // The nearest BF16 number: units are 2^-133 below 2^-125, and 2^-7 of the number.
                let exponent = (product.abs().to_bits() >> 52) as i32 - 1023;
                let unit = 2f64.powi(exponent.clamp(-126, 127) - 7);
                let code = (product / unit).round_ties_even() * unit;
                let is_code = code.abs() < 2f64.powi(-111)
                    && code * value(scale.multiplier()) == value(weight);
                assert_eq!(scale.encode(weight).is_some(), is_code, "{scale:?} {weight:#x}");
                if let Some(bits) = scale.encode(weight) {
                    assert_eq!(value(bits).to_bits(), code.to_bits());
                }
            }
        }
    }

    #[test]
    fn scales_end_at_the_largest_power_of_two() {
        assert_eq!(Scale::new(127).map(|scale| value(scale.multiplier())), Some(2f64.powi(127)));
        assert_eq!(Scale::new(128), None);
        assert_eq!(value(Scale(0).multiplier()), 1.0);
    }
}
