//! FORMAT.md section 5: the plane codecs, as far as numbers and sizes go.

#[derive(Clone, Copy, PartialEq)]
pub enum Codec {
    Const,
    Raw,
    Tans8,
    TansNib,
    TansPair,
    TansCrumb,
    Rans8,
    RansPair,
}

impl Codec {
    pub fn from_number(number: u8) -> Result<Self, String> {
        Ok(match number {
            0 => Self::Const,
            1 => Self::Raw,
            2 => Self::Tans8,
            3 => Self::TansNib,
            4 => Self::TansPair,
            5 => Self::TansCrumb,
            6 => Self::Rans8,
            7 => Self::RansPair,
            _ => return Err(format!("codec {number} is not one of 0 to 7")),
        })
    }

    pub fn has_symbols(self) -> bool {
        !matches!(self, Self::Const | Self::Raw)
    }

    /// Returns whether symbols are coded with rANS, not tANS.
    pub fn has_rans(self) -> bool {
        matches!(self, Self::Rans8 | Self::RansPair)
    }

    /// Returns whether each residual stands for itself, and none is paired.
    pub fn is_single(self) -> bool {
        matches!(self, Self::Const | Self::Raw | Self::Tans8 | Self::Rans8)
    }

    /// Returns whether residuals are ranks below a base, with exceptions.
    pub fn has_ranks(self) -> bool {
        matches!(self, Self::TansPair | Self::TansCrumb | Self::RansPair)
    }

    /// The least base: "at least 15 where the codec is TansPair or RansPair".
    pub fn least_base(self) -> u8 {
        if self == Self::TansCrumb { 0 } else { 15 }
    }

    /// Column "steps a row", for lanes of `n` elements.
    pub fn steps(self, n: usize) -> usize {
        match self {
            Self::Tans8 | Self::Rans8 => n,
            Self::TansNib | Self::TansPair | Self::TansCrumb | Self::RansPair => n / 2,
            Self::Const | Self::Raw => 0,
        }
    }

    /// Column "stored plane, bytes a lane and row".
    pub fn stored_bytes(self, n: usize) -> usize {
        match self {
            Self::Raw => n,
            Self::TansNib => n / 2,
            Self::TansCrumb => n / 4,
            Self::Const | Self::Tans8 | Self::TansPair | Self::Rans8 | Self::RansPair => 0,
        }
    }
}

/// The elements `a` and `c` that step `k` puts together: "with `g = min(8, n)`, step `k` has
/// `a = (k / (g/2))·g + k mod (g/2)` and `c = a + g/2`".
pub fn pair(k: usize, n: usize) -> (usize, usize) {
    let g = n.min(8);
    let a = (k / (g / 2)) * g + k % (g / 2);
    (a, a + g / 2)
}
