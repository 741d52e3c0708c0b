//! Where a row's residuals come from: one source for each plane codec (FORMAT.md section 5).
//!
//! `N` is the number of 32-bit words that a lane's coded bytes take: 4, 2 or 1 for elements of 1, 2 or 4 bytes.

use super::planes::TOP_BITS;
use super::tans::TansDecoder;
use super::tile::TileJob;
use crate::warp::{Lanes, Warp};

const HIGH_NIBBLES: u32 = 0xF0F0_F0F0;
const LOW_NIBBLES: u32 = 0x0F0F_0F0F;
const LOW_CRUMBS: u32 = 0x0303_0303;
/// Where a rank stands above a crumb.
const HIGH_RANKS: u32 = LOW_NIBBLES << 2;

/// A plane codec at work on one tile.
pub trait ResidualSource<W: Warp, const N: usize>: Sized {
    /// Whether residuals are ranks, so that tiles may have exceptions.
    const HAS_RANKS: bool = false;
    /// What a row of the coded plane is to a lane.
    type Stored: Copy;
    /// Begins the tile that the warp is pointed at.
    fn begin(warp: &mut W, job: &TileJob) -> Self;
    /// Loads the row of the coded plane that was begun.
    fn load_stored(warp: &W, row: u32) -> Self::Stored;
    /// The residuals of the next row.
    fn next_row(&mut self, warp: &mut W, stored: Self::Stored) -> [W::Lanes; N];
    /// Whether the tile ended as a sound one does.
    fn is_sound(&self, warp: &W) -> bool;
}

/// [`crate::format::PlaneCodec::Const`].
pub struct Constant<L>(L);

impl<W: Warp, const N: usize> ResidualSource<W, N> for Constant<W::Lanes> {
    type Stored = ();

    #[inline(always)]
    fn load_stored(_: &W, _: u32) {}

    #[inline(always)]
    fn begin(_: &mut W, job: &TileJob) -> Self {
        Self(W::Lanes::splat(u32::from_ne_bytes([job.coded_constant; 4])))
    }

    #[inline(always)]
    fn next_row(&mut self, _: &mut W, (): ()) -> [W::Lanes; N] {
        [self.0; N]
    }

    #[inline(always)]
    fn is_sound(&self, _: &W) -> bool {
        true
    }
}

/// [`crate::format::PlaneCodec::Raw`].
pub struct Raw;

impl<W: Warp, const N: usize> ResidualSource<W, N> for Raw {
    type Stored = [W::Lanes; N];

    #[inline(always)]
    fn load_stored(warp: &W, row: u32) -> Self::Stored {
        warp.load_coded(row)
    }

    #[inline(always)]
    fn begin(_: &mut W, _: &TileJob) -> Self {
        Self
    }

    #[inline(always)]
    fn next_row(&mut self, _: &mut W, stored: [W::Lanes; N]) -> [W::Lanes; N] {
        stored
    }

    #[inline(always)]
    fn is_sound(&self, _: &W) -> bool {
        true
    }
}

/// [`crate::format::PlaneCodec::Tans8`].
pub struct Tans8<L, const S: usize>(TansDecoder<L, S>);

impl<W: Warp, const N: usize, const S: usize> ResidualSource<W, N> for Tans8<W::Lanes, S> {
    type Stored = ();

    #[inline(always)]
    fn load_stored(_: &W, _: u32) {}

    #[inline(always)]
    fn begin(warp: &mut W, _: &TileJob) -> Self {
        Self(TansDecoder::begin(warp))
    }

    #[inline(always)]
    fn next_row(&mut self, warp: &mut W, (): ()) -> [W::Lanes; N] {
        // Not a loop: one this large is unrolled too late for the array to become registers.
        let mut words = [self.0.decode_four(warp); N];
        if N > 1 {
            words[1] = self.0.decode_four(warp);
        }
        if N > 2 {
            words[2] = self.0.decode_four(warp);
            words[3] = self.0.decode_four(warp);
        }
        words
    }

    #[inline(always)]
    fn is_sound(&self, warp: &W) -> bool {
        self.0.is_sound(warp)
    }
}

/// [`crate::format::PlaneCodec::TansNib`].
pub struct TansNib<L, const S: usize>(TansDecoder<L, S>);

impl<W: Warp, const N: usize, const S: usize> ResidualSource<W, N> for TansNib<W::Lanes, S> {
    type Stored = [W::Lanes; 2];

    #[inline(always)]
    fn load_stored(warp: &W, row: u32) -> Self::Stored {
        load_pairs::<W, N>(warp, row)
    }

    #[inline(always)]
    fn begin(warp: &mut W, _: &TileJob) -> Self {
        Self(TansDecoder::begin(warp))
    }

    #[inline(always)]
    fn next_row(&mut self, warp: &mut W, low_nibbles: [W::Lanes; 2]) -> [W::Lanes; N] {
        let symbols = decode_pairs::<W, N, S>(&mut self.0, warp);
        arrange_pairs([
            residuals_of_nibbles(symbols[0], low_nibbles[0]),
            residuals_of_nibbles(symbols[1], low_nibbles[1]),
        ])
    }

    #[inline(always)]
    fn is_sound(&self, warp: &W) -> bool {
        self.0.is_sound(warp)
    }
}

/// [`crate::format::PlaneCodec::TansPair`].
pub struct TansPair<L, const S: usize> {
    symbols: TansDecoder<L, S>,
    base: L,
}

impl<W: Warp, const N: usize, const S: usize> ResidualSource<W, N> for TansPair<W::Lanes, S> {
    const HAS_RANKS: bool = true;
    type Stored = ();

    #[inline(always)]
    fn load_stored(_: &W, _: u32) {}

    #[inline(always)]
    fn begin(warp: &mut W, job: &TileJob) -> Self {
        Self { symbols: TansDecoder::begin(warp), base: spread_base(job) }
    }

    #[inline(always)]
    fn next_row(&mut self, warp: &mut W, (): ()) -> [W::Lanes; N] {
        let symbols = decode_pairs::<W, N, S>(&mut self.symbols, warp);
        arrange_pairs([
            residuals_of_ranks(self.base, symbols[0]),
            residuals_of_ranks(self.base, symbols[1]),
        ])
    }

    #[inline(always)]
    fn is_sound(&self, warp: &W) -> bool {
        self.symbols.is_sound(warp)
    }
}

/// [`crate::format::PlaneCodec::TansCrumb`].
pub struct TansCrumb<L, const S: usize> {
    symbols: TansDecoder<L, S>,
    base: WrappingBase<L>,
}

impl<W: Warp, const N: usize, const S: usize> ResidualSource<W, N> for TansCrumb<W::Lanes, S> {
    const HAS_RANKS: bool = true;
    type Stored = [W::Lanes; 2];

    #[inline(always)]
    fn load_stored(warp: &W, row: u32) -> Self::Stored {
        load_crumbs::<W, N>(warp, row)
    }

    #[inline(always)]
    fn begin(warp: &mut W, job: &TileJob) -> Self {
        Self { symbols: TansDecoder::begin(warp), base: WrappingBase::new(spread_base(job)) }
    }

    #[inline(always)]
    fn next_row(&mut self, warp: &mut W, crumbs: [W::Lanes; 2]) -> [W::Lanes; N] {
        let symbols = decode_pairs::<W, N, S>(&mut self.symbols, warp);
        arrange_pairs([
            residuals_of_crumbs(&self.base, symbols[0], crumbs[0]),
            residuals_of_crumbs(&self.base, symbols[1], crumbs[1]),
        ])
    }

    #[inline(always)]
    fn is_sound(&self, warp: &W) -> bool {
        self.symbols.is_sound(warp)
    }
}

/// [`crate::format::PlaneCodec::Rank4`].
pub struct Rank4<L> {
    base: L,
}

impl<W: Warp, const N: usize> ResidualSource<W, N> for Rank4<W::Lanes> {
    const HAS_RANKS: bool = true;
    type Stored = [W::Lanes; 2];

    #[inline(always)]
    fn load_stored(warp: &W, row: u32) -> Self::Stored {
        load_pairs::<W, N>(warp, row)
    }

    #[inline(always)]
    fn begin(_: &mut W, job: &TileJob) -> Self {
        Self { base: spread_base(job) }
    }

    #[inline(always)]
    fn next_row(&mut self, _: &mut W, symbols: [W::Lanes; 2]) -> [W::Lanes; N] {
        arrange_pairs([
            residuals_of_ranks(self.base, symbols[0]),
            residuals_of_ranks(self.base, symbols[1]),
        ])
    }

    #[inline(always)]
    fn is_sound(&self, _: &W) -> bool {
        true
    }
}

#[inline(always)]
fn spread_base<L: Lanes>(job: &TileJob) -> L {
    L::splat(u32::from_ne_bytes([job.base; 4]))
}

/// Four pair symbols and the lower nibbles of their pairs as residuals: those of the first elements, then of the second ones.
#[inline(always)]
fn residuals_of_nibbles<L: Lanes>(symbols: L, low_nibbles: L) -> (L, L) {
    let first = L::blend(HIGH_NIBBLES, symbols, low_nibbles);
    let second = L::blend(HIGH_NIBBLES, symbols.shl(4), low_nibbles.shr(4));
    (first, second)
}

/// Four pair symbols as residuals: those of the first elements of the pairs, then of the second ones.
/// The base is at least 15, so no byte borrows from the next.
#[inline(always)]
fn residuals_of_ranks<L: Lanes>(base: L, symbols: L) -> (L, L) {
    let low_nibbles = L::splat(LOW_NIBBLES);
    (base.sub(symbols.shr(4).and(low_nibbles)), base.sub(symbols.and(low_nibbles)))
}

/// What less than 128 is taken from, modulo 256, in four bytes.
struct WrappingBase<L> {
    /// The base, its top bit set, so that no byte borrows from the next.
    high: L,
    /// The top bit where it was not.
    flip: L,
}

impl<L: Lanes> WrappingBase<L> {
    #[inline(always)]
    fn new(base: L) -> Self {
        let top_bits = L::splat(TOP_BITS);
        let flip = base.and(top_bits).xor(top_bits);
        Self { high: base.xor(flip), flip }
    }

    #[inline(always)]
    fn minus(&self, distances: L) -> L {
        self.high.sub(distances).xor(self.flip)
    }
}

/// Four pair symbols and the crumbs of their pairs, in the lower nibble of each byte, as residuals.
#[inline(always)]
fn residuals_of_crumbs<L: Lanes>(base: &WrappingBase<L>, symbols: L, crumbs: L) -> (L, L) {
    let low_crumbs = L::splat(LOW_CRUMBS);
    let first = L::blend(HIGH_RANKS, symbols.shr(2), crumbs.and(low_crumbs));
    let second = L::blend(HIGH_RANKS, symbols.shl(2), crumbs.shr(2).and(low_crumbs));
    (base.minus(first), base.minus(second))
}

/// A row's pair symbols: eight in two words, four in one, or two in the lower half of one.
#[inline(always)]
fn decode_pairs<W: Warp, const N: usize, const S: usize>(
    decoder: &mut TansDecoder<W::Lanes, S>,
    warp: &mut W,
) -> [W::Lanes; 2] {
    let first = if N == 1 { decoder.decode_two(warp) } else { decoder.decode_four(warp) };
    [first, if N == 4 { decoder.decode_four(warp) } else { first }]
}

/// A row's stored pair bytes, laid out as [`decode_pairs`] gives them.
#[inline(always)]
fn load_pairs<W: Warp, const N: usize>(warp: &W, row: u32) -> [W::Lanes; 2] {
    if N == 4 {
        warp.load_coded::<2>(row)
    } else if N == 2 {
        let [word] = warp.load_coded::<1>(row);
        [word, word]
    } else {
        let half = warp.load_coded_half(row);
        [half, half]
    }
}

/// A row's stored crumbs, a nibble for each pair, laid out as [`decode_pairs`] gives their symbols; anything in upper nibbles.
#[inline(always)]
fn load_crumbs<W: Warp, const N: usize>(warp: &W, row: u32) -> [W::Lanes; 2] {
    if N == 4 {
        let [word] = warp.load_coded::<1>(row);
        return [word, word.shr(4)];
    }
    let word = if N == 2 {
        let half = warp.load_coded_half(row);
        W::Lanes::blend(0xFFFF, half, half.shl(12))
    } else {
        let byte = warp.load_coded_quarter(row);
        W::Lanes::blend(0xFF, byte, byte.shl(4))
    };
    [word, word]
}

/// The residuals in element order, from the first and second ones of each word of pair symbols.
///
/// Not from a closure that makes them: one inherits no instructions from its caller, and would not be inlined into a warp's.
#[inline(always)]
fn arrange_pairs<L: Lanes, const N: usize>(
    [(first, second), (third, fourth)]: [(L, L); 2],
) -> [L; N] {
    let mut residuals = [first; N];
    if N == 1 {
        residuals[0] = L::low_halves(first, second);
    } else {
        residuals[1] = second;
    }
    if N == 4 {
        residuals[2] = third;
        residuals[3] = fourth;
    }
    residuals
}
