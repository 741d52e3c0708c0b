//! Decoding a plane codec: from symbols and stored bytes to a row's residuals.

use crate::warp::Warp;

/// The symbols of a tile, one a step, whatever they are coded with.
pub trait SymbolSource<W: Warp>: Sized {
    /// Begins the tile that the warp is pointed at.
    fn begin(warp: &mut W) -> Self;
    /// Decodes four steps; their symbols are the four bytes of a lane's word, the first lowest.
    fn decode_four(&mut self, warp: &mut W) -> W::Lanes;
    /// Decodes two steps, into the lower two bytes.
    fn decode_two(&mut self, warp: &mut W) -> W::Lanes;
    /// Returns whether the tile ended as an intact one does.
    fn is_intact(&self, warp: &W) -> bool;
}

/// The numbers of a tile that a plane codec needs.
#[derive(Debug, Clone, Copy)]
pub struct PlaneParams {
    /// The residual that ranks count down from.
    pub base: u8,
    /// The residual that all coded bytes have under [`super::Const`].
    pub constant: u8,
}

/// A plane codec at work on one tile.
pub trait ResidualSource<W: Warp, const N: usize>: Sized {
    /// A lane's part of a row of the stored plane.
    type Stored: Copy;
    /// Begins the tile that the warp is pointed at.
    fn begin(warp: &mut W, params: PlaneParams) -> Self;
    /// Loads row `row` of the stored plane; [`Warp::begin_row`] made it ready.
    fn load_stored(warp: &W, row: u32) -> Self::Stored;
    /// The residuals of the next row.
    fn next_row(&mut self, warp: &mut W, stored: Self::Stored) -> [W::Lanes; N];
    /// Returns whether the tile ended as an intact one does.
    fn is_intact(&self, warp: &W) -> bool;
}
