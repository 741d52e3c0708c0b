//! The machine that the decode program runs on: 32 lanes, and the memory that a tile needs.
//!
//! Control flow in the program is the same for all lanes, so a warp may be 32 threads of a GPU, two
//! AVX-512 registers, or an array.

/// Lanes in a warp.
pub const LANES: usize = 32;
/// Contiguous decoded bytes that a lane holds of a row.
pub const LANE_BYTES: usize = 16;
/// 32-bit words of its stream that each lane holds: it reads from the first two, and the third
/// hides the latency of loading.
pub const LANE_WORDS: usize = 3;

/// The top bit of each of four bytes.
pub const TOP_BITS: u32 = 0x8080_8080;

/// One 32-bit register in each of 32 lanes. All arithmetic wraps.
pub trait Lanes: Copy {
    /// The same value in every lane.
    fn splat(value: u32) -> Self;
    /// Lane-wise sum.
    fn add(self, other: Self) -> Self;
    /// Lane-wise difference.
    fn sub(self, other: Self) -> Self;
    /// Lane-wise `self · factor + addend`.
    fn mul_add(self, factor: Self, addend: Self) -> Self;
    /// Lane-wise and.
    fn and(self, other: Self) -> Self;
    /// Lane-wise exclusive or.
    fn xor(self, other: Self) -> Self;
    /// Every lane shifted left by `bits`, below 32.
    fn shl(self, bits: u32) -> Self;
    /// Every lane shifted right by `bits`, below 32, zeros moving in.
    fn shr(self, bits: u32) -> Self;
    /// The bits of `ones` where `mask` is set and of `zeros` where it is not.
    fn blend(mask: u32, ones: Self, zeros: Self) -> Self;
    /// In the one lane `lane` the value `then`, in the others `self`.
    fn replace_lane(self, lane: u32, then: Self) -> Self;
    /// Sum of each of the four bytes, modulo 256.
    fn add_bytes(self, other: Self) -> Self;
    /// Every lane of `high` shifted left by the lowest five bits of `bits`, the top bits of `low`
    /// moving in.
    fn funnel_shl(high: Self, low: Self, bits: Self) -> Self;
    /// Zeros above the highest one; 32 where there is none.
    fn leading_zeros(self) -> Self;
    /// 16 in lanes below 2^16, and 0 in the others: the bits that a state of rANS then wants.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn wanted_bits(self) -> Self {
        // Of the upper half less one only that of zero has high bits.
        self.shr(16).sub(Self::splat(1)).shr(27).and(Self::splat(16))
    }
    /// Byte 1 of four registers, the first lowest.
    fn pack_second_bytes(entries: [Self; 4]) -> Self;
    /// Each byte of each register rotated right by one bit.
    fn rotate_bytes_right(words: [Self; 4]) -> [Self; 4];
    /// Bytes 0 and 1 of both registers, alternating: `[even₀, odd₀, even₁, odd₁]`.
    fn interleave_low_bytes(even: Self, odd: Self) -> Self;
    /// Bytes 2 and 3 of both registers, alternating.
    fn interleave_high_bytes(even: Self, odd: Self) -> Self;
    /// The lower halves of both registers: `[low₀₁, high₀₁]`.
    fn low_halves(low: Self, high: Self) -> Self;
    /// The upper halves of both registers.
    fn high_halves(low: Self, high: Self) -> Self;
    /// In each lane the sum of all lanes before it.
    fn exclusive_prefix_sum(self) -> Self;
    /// Visits the lanes in order: `step` computes a lane's new words and a carry from the carry of
    /// the lane before (0 at first) and the lane's words of `a` and `b`.
    fn scan<const N: usize>(
        a: [Self; N],
        b: [Self; N],
        step: impl Fn(u32, [u32; N], [u32; N]) -> (u32, [u32; N]),
    ) -> [Self; N];
}

/// A warp that has been pointed at one tile: its table, words, planes, exceptions and output.
///
/// No method reaches beyond what the tile owns, whatever the program asks for: words beyond the
/// last are zeros, so that a corrupt tile decodes to the same garbage everywhere and is recognised
/// by how it ends.
pub trait Warp {
    /// The warp's registers.
    type Lanes: Lanes;

    /// The entry to start from: its bits choose among all states of the table.
    fn first_entry(&self) -> Self::Lanes;

    /// The entries of the states that follow `entries`. The highest bits of `bits` choose the
    /// state, as many as an entry's bits 0 to 4 say.
    ///
    /// Each warp has its own upper half of an entry, to find the next one; the lower half is that
    /// of [`crate::entropy::tans::entry`].
    fn look_up(&self, entries: Self::Lanes, bits: Self::Lanes) -> Self::Lanes;

    /// The table's probability bits.
    fn prob_bits(&self) -> u32;

    /// The entries of the slots that these states of rANS stand in
    /// ([`crate::entropy::rans::slots`]).
    fn look_up_slot(&self, states: Self::Lanes) -> Self::Lanes;

    /// Takes each lane's first three words: the tile's next 96, 32 lanes' first ones, then their
    /// second ones.
    fn first_words(&mut self) -> [Self::Lanes; LANE_WORDS];

    /// Makes the next row, number `row`, ready: the words that it may take, and its rows of the
    /// planes.
    fn begin_row(&mut self, row: u32);

    /// Shifts the words of each lane that has read all of its first one, and gives it the tile's
    /// next word, in lane order. `read` is the number of bits a lane has read, `before` that number
    /// at the last call: bit 5 differs where a word ended.
    fn shift_in(
        &mut self,
        before: Self::Lanes,
        read: Self::Lanes,
        words: [Self::Lanes; LANE_WORDS],
    ) -> [Self::Lanes; LANE_WORDS];

    /// Returns whether all of the tile's words have been taken, and not many more.
    fn took_all_words(&self) -> bool;

    /// Returns whether every lane holds `value`.
    fn all_lanes_are(&self, lanes: Self::Lanes, value: u32) -> bool;

    /// The lane's `4·N` bytes of the stored plane in the current row; unspecified in lanes that are
    /// not present.
    fn load_stored<const N: usize>(&self, row: u32) -> [Self::Lanes; N];

    /// As [`Warp::load_stored`], where a lane has only two bytes.
    fn load_stored_half(&self, row: u32) -> Self::Lanes;

    /// As [`Warp::load_stored`], where a lane has only one byte.
    fn load_stored_quarter(&self, row: u32) -> Self::Lanes;

    /// The lane's `4·N` bytes of raw plane `plane`, which may be constant.
    fn load_raw<const N: usize>(&self, plane: usize, row: u32) -> [Self::Lanes; N];

    /// The tile's exception `index`, below their number; for index 0 of a tile without exceptions
    /// the value is unspecified.
    ///
    /// Callers do not make it conditional: `ptxas` 13.0 gave the instruction that makes the value
    /// uniform the predicate of another.
    fn exception(&self, index: u32) -> u32;

    /// Stores the next decoded row, number `row`, 16 bytes a lane, up to the tensor's end.
    fn store_row(&mut self, row: u32, words: [Self::Lanes; 4]);
}
