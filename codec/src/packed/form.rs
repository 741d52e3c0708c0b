//! The forms of a packed matrix.

use super::fragment::{REGISTERS, WORDS};
use super::{FRAGMENTS, LANES};

/// The representation of a matrix's weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Form {
    /// All 16 bits of each weight, for matrices that the others do not make smaller.
    Whole = 0,
    /// Twelve bits of each weight, and exceptions.
    Fast = 1,
}

impl Form {
    /// All forms.
    pub const ALL: [Self; 2] = [Self::Whole, Self::Fast];

    /// The form with this number; `None` where there is none.
    pub const fn from_u8(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Whole),
            1 => Some(Self::Fast),
            _ => None,
        }
    }

    /// Returns whether it has exceptions, and rows starts for them.
    #[inline(always)]
    pub const fn has_exceptions(self) -> bool {
        !matches!(self, Self::Whole)
    }

    /// Words of a lane that hold the weights of one instruction.
    #[inline(always)]
    pub const fn words(self) -> u32 {
        match self {
            Self::Whole => REGISTERS as u32,
            Self::Fast => WORDS as u32,
        }
    }

    /// Bytes of a step.
    #[inline(always)]
    pub const fn step_bytes(self) -> u32 {
        self.words() * FRAGMENTS * LANES * 4
    }
}
