//! How an element is split, predicted and coded (FORMAT.md sections 3 to 5).

use super::LANE_BYTES;

/// How an element's bits are divided into one coded byte and raw bytes (FORMAT.md section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
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

    /// Whether the coded byte is a float's exponent, split off across a byte boundary.
    pub const fn is_exponent(self) -> bool {
        matches!(self, Self::Exponent16 | Self::Exponent32)
    }
}

/// What a coded byte is predicted from (FORMAT.md section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
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

/// How residuals become symbols or stored bytes (FORMAT.md section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum PlaneCodec {
    /// One value throughout.
    Const = 0,
    /// Stored as they are.
    Raw = 1,
    /// One symbol a residual.
    Tans8 = 2,
    /// One symbol for the high nibbles of two residuals; their low nibbles stored.
    TansNib = 3,
    /// One symbol for the ranks of two residuals below the tile's base.
    TansPair = 4,
    /// The symbols of [`PlaneCodec::TansPair`], stored.
    Rank4 = 5,
    /// One symbol for two residuals of which a rank tells all but the two lowest bits, a crumb; their crumbs stored.
    TansCrumb = 6,
}

impl PlaneCodec {
    /// All codecs, in the order of their numbers.
    pub const ALL: [Self; 7] = [
        Self::Const,
        Self::Raw,
        Self::Tans8,
        Self::TansNib,
        Self::TansPair,
        Self::Rank4,
        Self::TansCrumb,
    ];

    /// The codec with this number in a blob header.
    pub const fn from_u8(number: u8) -> Option<Self> {
        if (number as usize) < Self::ALL.len() { Some(Self::ALL[number as usize]) } else { None }
    }

    /// Whether tiles have a word stream and tables.
    pub const fn has_symbols(self) -> bool {
        matches!(self, Self::Tans8 | Self::TansNib | Self::TansPair | Self::TansCrumb)
    }

    /// Whether residuals are ranks below a base, with exceptions.
    pub const fn has_ranks(self) -> bool {
        matches!(self, Self::TansPair | Self::Rank4 | Self::TansCrumb)
    }

    /// Low bits of a residual's distance from the base that are stored beside its rank.
    pub const fn low_bits(self) -> u32 {
        match self {
            Self::TansCrumb => 2,
            _ => 0,
        }
    }

    /// The most that a residual with a rank lies below its tile's base.
    pub const fn most_below_base(self) -> u8 {
        (16 << self.low_bits()) - 1
    }

    /// The least base of a tile: for all codecs but one, whose residuals wrap, there is a residual for every rank.
    pub const fn least_base(self) -> u8 {
        match self {
            Self::TansPair | Self::Rank4 => self.most_below_base(),
            Self::Const | Self::Raw | Self::Tans8 | Self::TansNib | Self::TansCrumb => 0,
        }
    }

    /// Symbols of a lane in a row of `lane_elements` elements; 0 where there are none.
    pub const fn steps(self, lane_elements: usize) -> usize {
        match self {
            Self::Tans8 => lane_elements,
            Self::TansNib | Self::TansPair | Self::TansCrumb => lane_elements / 2,
            Self::Const | Self::Raw | Self::Rank4 => 0,
        }
    }

    /// Bytes of the coded plane for a lane in a row of `lane_elements` elements; 0 where there is none.
    pub const fn coded_plane_bytes(self, lane_elements: usize) -> usize {
        match self {
            Self::Raw => lane_elements,
            Self::TansNib | Self::Rank4 => lane_elements / 2,
            Self::TansCrumb => lane_elements / 4,
            Self::Const | Self::Tans8 | Self::TansPair => 0,
        }
    }
}
