//! Binary logarithms, many at once: the library's are computed one after another, and differ from
//! platform to platform, where an encoder's choices must not.

use std::f32::consts::LN_2;

/// The binary logarithm of a positive number, to 23 bits of it or 2^-22, whichever is more. Written
/// so that a CPU computes as many at once as its registers hold.
#[inline]
pub fn log2(value: f32) -> f32 {
    const ROOT_OF_HALF: i32 = std::f32::consts::FRAC_1_SQRT_2.to_bits() as i32;
    let bits = value.to_bits() as i32;
    let exponent = (bits - ROOT_OF_HALF) >> 23;
    // From the root of a half to that of two.
    let mantissa = f32::from_bits((bits - (exponent << 23)) as u32);
    // ln(m) = 2 artanh((m − 1) / (m + 1)), of which the argument is below 0.172.
    let part = (mantissa - 1.0) / (mantissa + 1.0);
    let square = part * part;
    let series = 1.0 + square * (1.0 / 3.0 + square * (1.0 / 5.0 + square * (1.0 / 7.0)));
    exponent as f32 + part * series * (2.0 / LN_2)
}

#[cfg(test)]
mod tests {
    use super::log2;

    #[test]
    fn logarithms_are_those_of_the_library() {
        let counts = (1..1 << 16).map(|count| count as f32);
        let powers = (16..32).map(|power| (1u64 << power) as f32);
        for value in counts.clone().chain(powers).chain(counts.map(|count| 1.0 / count)) {
            let exact = f64::from(value).log2();
            let error = (f64::from(log2(value)) - exact).abs();
            assert!(error <= 2.4e-7 * exact.abs().max(1.0), "{value}: {error}");
        }
        assert_eq!((log2(1.0), log2(4096.0)), (0.0, 12.0));
    }
}
