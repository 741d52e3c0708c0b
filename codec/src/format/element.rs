//! The split and the prediction of an element (FORMAT.md sections 3 and 4).

use super::LANE_BYTES;

/// The division of an element's bits into one coded byte and raw bytes (FORMAT.md section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
#[repr(u8)]
pub enum Split {
    /// One byte, coded as it is: integers, packed 4-bit weights, anything unknown.
    Byte = 0,
    /// One byte rotated left by one bit, so that an FP8 exponent leads.
    RotatedByte = 1,
    /// The 8 exponent bits of a BF16.
    Exponent16 = 2,
    /// The high byte of 16 bits: F16, 16-bit integers.
    High16 = 3,
    /// The 8 exponent bits of an F32.
    Exponent32 = 4,
    /// The highest byte of 32 bits: 32-bit integers.
    High32 = 5,
}

impl Split {
    /// All splits, in the order of their numbers.
    pub const ALL: [Self; 6] = [
        Self::Byte,
        Self::RotatedByte,
        Self::Exponent16,
        Self::High16,
        Self::Exponent32,
        Self::High32,
    ];

    /// The split with this number in a blob header.
    pub const fn from_u8(number: u8) -> Option<Self> {
        if (number as usize) < Self::ALL.len() { Some(Self::ALL[number as usize]) } else { None }
    }

    /// Bytes of an element: 1, 2 or 4.
    pub const fn element_bytes(self) -> usize {
        match self {
            Self::Byte | Self::RotatedByte => 1,
            Self::Exponent16 | Self::High16 => 2,
            Self::Exponent32 | Self::High32 => 4,
        }
    }

    /// Elements in a lane's 16 bytes, `n` in FORMAT.md: 16, 8 or 4.
    pub const fn lane_elements(self) -> usize {
        LANE_BYTES / self.element_bytes()
    }

    /// Raw bytes of an element: 0, 1 or 3.
    pub const fn raw_planes(self) -> usize {
        self.element_bytes() - 1
    }

    /// Returns whether the coded byte is a float's exponent, split off across a byte boundary.
    pub const fn is_exponent(self) -> bool {
        matches!(self, Self::Exponent16 | Self::Exponent32)
    }
}

/// The neighbours that a coded byte is predicted from (FORMAT.md section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
#[repr(u8)]
pub enum Predictor {
    /// Nothing.
    None = 0,
    /// The element before it.
    Left = 1,
    /// The element above it.
    Top = 2,
    /// The mean of both.
    Average = 3,
    /// The plane through left, top and top left.
    Planar = 4,
}

impl Predictor {
    /// All predictors, in the order of their numbers.
    pub const ALL: [Self; 5] = [Self::None, Self::Left, Self::Top, Self::Average, Self::Planar];

    /// The predictor with this number in an index entry.
    pub const fn from_u8(number: u8) -> Option<Self> {
        if (number as usize) < Self::ALL.len() { Some(Self::ALL[number as usize]) } else { None }
    }
}
