//! TansCrumb: a symbol for the ranks of two residuals, whose two lowest bits below the tile's base,
//! their crumbs, are stored.

use super::pairs::{arrange_pairs, decode_pairs, load_crumbs, spread};
use super::{Plane, PlaneCodec, PlaneParams, Ranks, ResidualSource, Shape, SymbolSource};
use crate::warp::{Lanes, TOP_BITS, Warp};

const HIGH: u32 = 0xF0F0_F0F0;
const LOW: u32 = 0x0F0F_0F0F;
const LOW_CRUMBS: u32 = 0x0303_0303;
/// The place of a rank, above a crumb.
const HIGH_RANKS: u32 = LOW << 2;

/// [`PlaneCodec::TansCrumb`].
pub struct TansCrumb;

impl Plane for TansCrumb {
    const CODEC: PlaneCodec = PlaneCodec::TansCrumb;

    const SHAPE: Shape = Shape {
        symbol_residuals: 2,
        stored_bits: 2,
        ranks: Some(Ranks { low_bits: 2, wrap: true }),
    };

    type Source<W: Warp, E: SymbolSource<W>, const N: usize> = Source<W::Lanes, E>;

    #[cfg_attr(not(unoptimized), inline(always))]
    fn pair_symbols(base: u8, first: u32, second: u32) -> u32 {
        let below = |four: u32| below(base, four.into()) as u32;
        below(first) << 2 & HIGH | below(second) >> 2 & LOW
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn stored_pairs(base: u8, first: u32, second: u32) -> u32 {
        let crumbs = |four: u32| below(base, four.into()) as u32 & LOW_CRUMBS;
        crumbs(first) | crumbs(second) << 2
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn exceptions(base: u8, residuals: u32) -> u32 {
        below(base, residuals.into()) as u32 & !(HIGH_RANKS | LOW_CRUMBS)
    }

    fn store(base: u8, lane_elements: usize, residuals: &[u8], stored: &mut [u8]) {
        match lane_elements {
            16 => store_sixteen(base, residuals, stored),
            8 => store_eight(base, residuals, stored),
            _ => store_four(base, residuals, stored),
        }
    }
}

/// Four bytes for each lane of sixteen residuals.
fn store_sixteen(base: u8, residuals: &[u8], stored: &mut [u8]) {
    let lanes = residuals.as_chunks().0.as_chunks().0;
    for (out, &halves) in stored.as_chunks_mut().0.iter_mut().zip(lanes) {
        let [first, last] = halves.map(|half| crumbs(base, u64::from_le_bytes(half), 32));
        *out = ((first | last << 4) as u32).to_le_bytes();
    }
}

/// Two bytes for each lane of eight residuals.
fn store_eight(base: u8, residuals: &[u8], stored: &mut [u8]) {
    for (out, &lane) in stored.as_chunks_mut().0.iter_mut().zip(residuals.as_chunks().0) {
        let pairs = crumbs(base, u64::from_le_bytes(lane), 32);
        *out = ((pairs | pairs >> 12) as u16).to_le_bytes();
    }
}

/// A byte for each lane of four residuals.
fn store_four(base: u8, residuals: &[u8], stored: &mut [u8]) {
    for (out, &lane) in stored.iter_mut().zip(residuals.as_chunks().0) {
        let pairs = crumbs(base, u32::from_le_bytes(lane).into(), 16);
        *out = (pairs | pairs >> 4) as u8;
    }
}

/// The distance below `base` of each of eight residuals, modulo 256.
fn below(base: u8, residuals: u64) -> u64 {
    const TOP: u64 = 0x8080_8080_8080_8080;
    let bases = u64::from_ne_bytes([base; 8]);
    // Top bits alone, so that no byte borrows from the next.
    (bases | TOP).wrapping_sub(residuals & !TOP) ^ (bases ^ !residuals) & TOP
}

/// The crumbs of pairs of residuals, the second of each pair `gap` bits above the first: each byte
/// below the gap holds the crumbs of one pair in its lower nibble.
fn crumbs(base: u8, residuals: u64, gap: u32) -> u64 {
    let crumbs = below(base, residuals) & 0x0303_0303_0303_0303;
    crumbs | crumbs >> (gap - 2)
}

pub struct Source<L, E> {
    symbols: E,
    base: WrappingBase<L>,
}

impl<W: Warp, E: SymbolSource<W>, const N: usize> ResidualSource<W, N> for Source<W::Lanes, E> {
    type Stored = [W::Lanes; 2];

    #[cfg_attr(not(unoptimized), inline(always))]
    fn begin(warp: &mut W, params: PlaneParams) -> Self {
        Self { symbols: E::begin(warp), base: WrappingBase::new(spread(params.base)) }
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn load_stored(warp: &W, row: u32) -> Self::Stored {
        load_crumbs::<W, N>(warp, row)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn next_row(&mut self, warp: &mut W, crumbs: [W::Lanes; 2]) -> [W::Lanes; N] {
        let symbols = decode_pairs::<W, E, N>(&mut self.symbols, warp);
        arrange_pairs([
            residuals(&self.base, symbols[0], crumbs[0]),
            residuals(&self.base, symbols[1], crumbs[1]),
        ])
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn is_intact(&self, warp: &W) -> bool {
        self.symbols.is_intact(warp)
    }
}

/// A base in four bytes, from which distances below 128 are taken modulo 256.
struct WrappingBase<L> {
    /// The base, its top bit set, so that no byte borrows from the next.
    high: L,
    /// The top bit where the base lacks it.
    flip: L,
}

impl<L: Lanes> WrappingBase<L> {
    #[cfg_attr(not(unoptimized), inline(always))]
    fn new(base: L) -> Self {
        let top_bits = L::splat(TOP_BITS);
        let flip = base.and(top_bits).xor(top_bits);
        Self { high: base.xor(flip), flip }
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn minus(&self, distances: L) -> L {
        self.high.sub(distances).xor(self.flip)
    }
}

/// Four pair symbols and the crumbs of their pairs, in the lower nibble of each byte, as residuals.
#[cfg_attr(not(unoptimized), inline(always))]
fn residuals<L: Lanes>(base: &WrappingBase<L>, symbols: L, crumbs: L) -> (L, L) {
    let low_crumbs = L::splat(LOW_CRUMBS);
    let first = L::blend(HIGH_RANKS, symbols.shr(2), crumbs.and(low_crumbs));
    let second = L::blend(HIGH_RANKS, symbols.shl(2), crumbs.shr(2).and(low_crumbs));
    (base.minus(first), base.minus(second))
}
