//! The plane codec of a tensor that is encoded on a device, chosen from counts of some of its coded
//! bytes: in whole numbers, so that every device chooses alike.

use super::frequencies::log2;
use crate::format::PlaneCodec;
use crate::plane::Ranks;

/// Of the rows of each tile, those are counted whose number is a multiple of this.
pub const SAMPLED_ROWS: u32 = 16;

/// Counts are taken in this many bits all together.
const COUNTED_BITS: u32 = 24;

/// The part of its bits by which a codec with a symbol for each residual must be cheaper than one
/// with half as many symbols, which is coded and decoded in little more than half the time.
const TOLERANCE: u64 = 48;

/// The bits of an exception: its entry in the list, and the symbol that stands for it.
const EXCEPTION_BITS: u32 = 36;

/// A tile has room for an exception for each so many coded bytes, whole rows of all lanes counted.
/// Where one has more, each coded byte of the tensor becomes a symbol.
pub const BYTES_AN_EXCEPTION: u32 = 128;

/// How coded bytes become symbols.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodecChoice {
    /// The plane codec.
    pub codec: PlaneCodec,
    /// The residual that ranks count down from, 0 for a codec without ranks.
    pub base: u8,
}

impl CodecChoice {
    /// A symbol for each residual.
    pub const SINGLE: Self = Self { codec: PlaneCodec::Tans8, base: 0 };

    /// The residual that stands for exceptions and for places after the tensor's end: of a rank that
    /// is common where most residuals lie in the midst of the ranks.
    #[inline(always)]
    pub const fn filler(self) -> u8 {
        let distance = match self.codec {
            PlaneCodec::TansPair => 3,
            PlaneCodec::TansCrumb => 8 << 2,
            _ => 0,
        };
        self.base.wrapping_sub(distance)
    }
}

/// The scale on which counts are compared: so small that they add up to fewer than 2^24.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale {
    shift: u32,
}

impl Scale {
    /// That of counts which add up to `total`.
    #[inline(always)]
    pub const fn of(total: u64) -> Self {
        Self { shift: (u64::BITS - total.leading_zeros()).saturating_sub(COUNTED_BITS) }
    }

    /// A count on the scale.
    #[inline(always)]
    pub const fn scaled(self, count: u64) -> u32 {
        (count >> self.shift) as u32
    }
}

/// The bits, in parts of 256, of all symbols that one of the values has which has `count` of
/// `total` counts.
#[inline(always)]
pub const fn value_bits(count: u32, total: u32) -> u64 {
    if count == 0 { 0 } else { count as u64 * log2(total).saturating_sub(log2(count)) as u64 }
}

/// The bits, in parts of 256, of `total` residuals, so many of each value, under a codec that makes
/// pairs of them; `None` where all have the same symbol, or the base is too low.
#[inline(always)]
pub fn pairs_bits(choice: CodecChoice, total: u32, count: impl Fn(u8) -> u32) -> Option<u64> {
    if choice.base < choice.codec.least_base() {
        return None;
    }
    let mut bits = 256 * u64::from(choice.codec.shape().stored_bits) * u64::from(total);
    let (mut left, mut most) = (total, 0);
    let mut rank = 0;
    while rank < Ranks::COUNT as u32 {
        let of_rank = rank_count(choice, rank, &count);
        bits += value_bits(of_rank, total);
        left -= of_rank;
        most = if of_rank > most { of_rank } else { most };
        rank += 1;
    }
    bits += 256 * u64::from(EXCEPTION_BITS) * u64::from(left);
    if most + left == total { None } else { Some(bits) }
}

/// The residuals that have a rank, so many having each value. High nibbles are ranks below the
/// highest byte, which leave no exceptions.
#[inline(always)]
pub fn rank_count(choice: CodecChoice, rank: u32, count: impl Fn(u8) -> u32) -> u32 {
    let (ranks, base) = match choice.codec.ranks() {
        Some(ranks) => (ranks, choice.base),
        None => (HIGH_NIBBLES, 0xFF),
    };
    let (mut of_rank, mut low) = (0, 0);
    while low < 1 << ranks.low_bits {
        of_rank += count(base.wrapping_sub((rank << ranks.low_bits | low) as u8));
        low += 1;
    }
    of_rank
}

const HIGH_NIBBLES: Ranks = Ranks { low_bits: 4, wrap: true };

/// Codecs of pairs that a lane with so many elements may have. Those that store bits of each
/// residual are for elements of a byte: wider ones have bits of their own to store.
#[inline(always)]
pub const fn pair_codecs(lane_elements: usize) -> &'static [PlaneCodec] {
    const ALL: [PlaneCodec; 3] = [PlaneCodec::TansPair, PlaneCodec::TansNib, PlaneCodec::TansCrumb];
    if lane_elements == 16 { &ALL } else { ALL.split_at(1).0 }
}

/// The order of choices of pairs by their bits, below 2^48: of equal ones the first codec with the
/// lowest base is taken.
#[inline(always)]
pub const fn order(bits: u64, CodecChoice { codec, base }: CodecChoice) -> u64 {
    bits << 16 | (codec as u64) << 8 | base as u64
}

/// The bits of a place in that order.
#[inline(always)]
pub const fn bits_of(order: u64) -> u64 {
    order >> 16
}

/// The choice between a symbol for each residual and the first of the pairs in their order.
#[inline(always)]
pub const fn choose(single_bits: u64, first: u64) -> CodecChoice {
    let codec = match PlaneCodec::from_u8((first >> 8) as u8) {
        Some(codec) if bits_of(first) <= single_bits + single_bits / TOLERANCE => codec,
        _ => return CodecChoice::SINGLE,
    };
    CodecChoice { codec, base: first as u8 }
}

/// Returns whether a pair of ranks, of which so many residuals have each, is among the counted rows
/// often enough that its share is known: four times or more, were ranks independent.
#[inline(always)]
pub const fn is_sampled_pair(first: u32, second: u32, total: u32, scale: Scale) -> bool {
    // Counts are 2^shift times as large, and half as many pairs as residuals. No more than 60 bits.
    let times_total = first as u64 * second as u64;
    let shift = if scale.shift < 12 { scale.shift } else { 12 };
    times_total << shift >= 8 * total as u64 && times_total > 0
}

/// Returns whether the counted rows tell enough of pairs: every pair is then given a state at least,
/// and those that are not counted, `unsampled` of them, cost little of `bits`, those of all coded
/// bytes, and of the raw bits of each.
#[inline(always)]
pub const fn are_sampled_pairs_enough(
    unsampled: u32,
    bits: u64,
    raw_bits: u32,
    total: u32,
) -> bool {
    // States that nothing takes, a 4096th each, cost the others 1.44 times as much of a bit, in parts
    // of 256: 0.09 for each pair.
    let cost = total as u64 * unsampled as u64 * 9 / 200;
    cost * MOST_SAMPLING_COST <= bits + 256 * raw_bits as u64 * total as u64
}

/// The part of all bits that tables may cost more where they are made of some rows.
const MOST_SAMPLING_COST: u64 = 512;
