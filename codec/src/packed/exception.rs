//! Weights that a form cannot hold.

use bytemuck::{Pod, Zeroable};

/// A weight that stands beside the form, and its column. Its place in the form holds +0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C, align(8))]
pub struct Exception {
    /// Its column.
    pub column: u32,
    /// The bits of the weight as an F32 number: those of the BF16 number, then 16 zeros.
    pub weight: u32,
}

impl Exception {
    /// The exception for a BF16 weight.
    #[inline(always)]
    pub const fn new(column: u32, weight: u16) -> Self {
        Self { column, weight: (weight as u32) << 16 }
    }

    /// The BF16 weight.
    #[inline(always)]
    pub const fn bits(self) -> u16 {
        (self.weight >> 16) as u16
    }

    /// The weight's value.
    #[inline(always)]
    pub const fn value(self) -> f32 {
        f32::from_bits(self.weight)
    }
}
