//! From weights to codes of twelve bits, two at a time.

use wcodec_codec::packed::Scale;

/// The bits that no code has.
#[cfg(target_feature = "sm_80")]
const NO_CODE: u32 = 0x7800_7800;

/// A matrix's scale as weights are encoded with it.
#[derive(Clone, Copy)]
pub struct Encoder {
    scale: Scale,
}

impl Encoder {
    /// For a matrix of this scale.
    #[inline(always)]
    pub fn new(scale: Scale) -> Self {
        Self { scale }
    }

    /// The codes of two weights, and what is not zero in the half of one that has none. The code
    /// there is any number.
    ///
    /// A code is the weight times 2^-scale where that is a BF16 number with a small exponent: so the
    /// product is rounded to BF16, and multiplied back to see whether anything was lost.
    #[cfg(target_feature = "sm_80")]
    #[inline(always)]
    pub fn encode(self, weights: u32) -> (u32, u32) {
        use super::ptx::multiply_bf16;
        let twice = |bits: u16| u32::from(bits) * 0x1_0001;
        let codes = multiply_bf16(weights, twice(self.scale.inverse()));
        let back = multiply_bf16(codes, twice(self.scale.multiplier()));
        (codes, (back ^ weights) | (codes & NO_CODE))
    }

    /// Without the instruction (before sm_80): one after another.
    #[cfg(not(target_feature = "sm_80"))]
    #[inline(always)]
    pub fn encode(self, weights: u32) -> (u32, u32) {
        let code = |weight: u32| match self.scale.encode(weight as u16) {
            Some(code) => (u32::from(code), 0),
            None => (0, 1),
        };
        let ((low, low_fault), (high, high_fault)) = (code(weights), code(weights >> 16));
        (low | high << 16, low_fault | high_fault << 16)
    }
}

/// Returns whether the lower half of a pair has no code, and whether the upper one has none.
#[inline(always)]
pub fn faults(fault: u32) -> [bool; 2] {
    [fault & 0xFFFF != 0, fault >> 16 != 0]
}
