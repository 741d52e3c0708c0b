//! A plane codec in numbers.

/// The symbols, stored bits and ranks of a codec.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Residuals that one symbol is made of: 0 where there are no symbols, 1 or 2.
    pub symbol_residuals: usize,
    /// Bits of each residual that are stored in the stored plane: the lowest ones.
    pub stored_bits: u32,
    /// The ranks, where symbols are made of those.
    pub ranks: Option<Ranks>,
}

/// Ranks below a tile's base: 16 of them, each of `1 << low_bits` residuals. Residuals that have
/// none are exceptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ranks {
    /// Low bits of a residual's distance from the base that its rank does not tell.
    pub low_bits: u32,
    /// True if distances are taken modulo 256, so that any base serves and any residual can be
    /// coded as if it had a rank.
    pub wrap: bool,
}

impl Ranks {
    /// The number of ranks.
    pub const COUNT: usize = 16;

    /// The largest distance below the base of a residual that has a rank.
    pub const fn most_below_base(self) -> u8 {
        ((Self::COUNT << self.low_bits) - 1) as u8
    }

    /// The least base of a tile: where distances do not wrap there is a residual for every rank.
    pub const fn least_base(self) -> u8 {
        if self.wrap { 0 } else { self.most_below_base() }
    }
}
