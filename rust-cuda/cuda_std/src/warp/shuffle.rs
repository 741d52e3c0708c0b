//! Shuffles: every lane gives a value and takes that of another lane.
//!
//! `width`, a power of two up to 32, cuts the warp into groups of that many lanes, and a lane
//! only takes from its own group. The second result says whether the lane asked for lies in
//! the group; where it does not, the value is the lane's own (for `idx`, the lane asked for
//! wraps within the group, so that it always does).

use crate::{gpu_only, warp::lane_id};

/// The mode of a shuffle: how the source lane follows from the own lane and the operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WarpShuffleMode {
    /// The own lane minus the operand.
    Up,
    /// The own lane plus the operand.
    Down,
    /// The operand.
    Idx,
    /// The own lane with the bits of the operand flipped.
    Xor,
}

#[cfg(target_arch = "nvptx64")]
unsafe extern "C" {
    #[link_name = "llvm.nvvm.shfl.sync.up.i32"]
    fn shfl_up(mask: u32, value: u32, operand: u32, bounds: u32) -> u32;
    #[link_name = "llvm.nvvm.shfl.sync.down.i32"]
    fn shfl_down(mask: u32, value: u32, operand: u32, bounds: u32) -> u32;
    #[link_name = "llvm.nvvm.shfl.sync.idx.i32"]
    fn shfl_idx(mask: u32, value: u32, operand: u32, bounds: u32) -> u32;
    #[link_name = "llvm.nvvm.shfl.sync.bfly.i32"]
    fn shfl_xor(mask: u32, value: u32, operand: u32, bounds: u32) -> u32;
}

/// The instruction's last operand: the bits of a lane that name its group, at bit 8, and the
/// last (for `Up`, the first) lane within a group.
#[cfg(any(target_arch = "nvptx64", test))]
const fn bounds(mode: WarpShuffleMode, width: u32) -> u32 {
    let clamp = match mode {
        WarpShuffleMode::Up => 0,
        _ => 31,
    };
    (32 - width) << 8 | clamp
}

/// Returns whether the lane that `mode` and `operand` name lies in the group of `lane`.
///
/// The instruction can report this, but not through an LLVM intrinsic that Rust can call; as
/// plain arithmetic it costs nothing where the caller drops it.
const fn in_group(mode: WarpShuffleMode, lane: u32, operand: u32, width: u32) -> bool {
    let within = lane & (width - 1);
    let operand = operand & 31;
    match mode {
        WarpShuffleMode::Up => operand <= within,
        WarpShuffleMode::Down => within + operand < width,
        WarpShuffleMode::Idx => true,
        WarpShuffleMode::Xor => (lane ^ operand) <= (lane | (width - 1)),
    }
}

#[gpu_only]
#[inline(always)]
unsafe fn shuffle_32(
    mode: WarpShuffleMode,
    mask: u32,
    value: u32,
    operand: u32,
    width: u32,
) -> u32 {
    let bounds = bounds(mode, width);
    // SAFETY: the caller keeps the condition of the module `warp`.
    unsafe {
        match mode {
            WarpShuffleMode::Up => shfl_up(mask, value, operand, bounds),
            WarpShuffleMode::Down => shfl_down(mask, value, operand, bounds),
            WarpShuffleMode::Idx => shfl_idx(mask, value, operand, bounds),
            WarpShuffleMode::Xor => shfl_xor(mask, value, operand, bounds),
        }
    }
}

/// A value that lanes can shuffle: a number of up to 64 bits. Those of 64 bits take two
/// shuffles, those of 8 and 16 bits take a whole one.
pub trait WarpShuffleValue: Copy {
    /// Takes the value of another lane; see [`warp_shuffle_idx`] and its like.
    ///
    /// # Safety
    ///
    /// The condition of the module [`warp`](crate::warp).
    unsafe fn shuffle(
        mode: WarpShuffleMode,
        mask: u32,
        value: Self,
        operand: u32,
        width: u32,
    ) -> Self;
}

macro_rules! values {
    ($($type:ty: $value:ident, $to_bits:expr, $bits:ident, $from_bits:expr;)*) => {$(
        impl WarpShuffleValue for $type {
            #[inline(always)]
            unsafe fn shuffle(
                mode: WarpShuffleMode,
                mask: u32,
                $value: Self,
                operand: u32,
                width: u32,
            ) -> Self {
                // SAFETY: the caller keeps the condition of the module `warp`.
                let $bits = unsafe { shuffle_32(mode, mask, $to_bits, operand, width) };
                $from_bits
            }
        }
    )*};
}

values! {
    u8: value, value as u32, bits, bits as u8;
    i8: value, value as u32, bits, bits as i8;
    u16: value, value as u32, bits, bits as u16;
    i16: value, value as u32, bits, bits as i16;
    u32: value, value, bits, bits;
    i32: value, value as u32, bits, bits as i32;
    f32: value, value.to_bits(), bits, f32::from_bits(bits);
}

impl WarpShuffleValue for u64 {
    #[inline(always)]
    unsafe fn shuffle(
        mode: WarpShuffleMode,
        mask: u32,
        value: Self,
        operand: u32,
        width: u32,
    ) -> Self {
        // SAFETY: the caller keeps the condition of the module `warp`, for both calls.
        let low = unsafe { shuffle_32(mode, mask, value as u32, operand, width) };
        // SAFETY: as above.
        let high = unsafe { shuffle_32(mode, mask, (value >> 32) as u32, operand, width) };
        u64::from(high) << 32 | u64::from(low)
    }
}

macro_rules! shuffles {
    ($($name:ident, $mode:ident, $operand:ident, $text:literal;)*) => {$(
        #[doc = $text]
        ///
        /// Returns that value, and whether the lane lies in the group of `width` lanes, a
        /// power of two up to 32. Where it does not, the value is the own one.
        ///
        /// # Safety
        ///
        /// The condition of the module [`warp`](crate::warp); the value of a lane that is not
        /// in `mask` is unspecified.
        #[inline(always)]
        pub unsafe fn $name<T: WarpShuffleValue>(
            mask: u32,
            value: T,
            $operand: u32,
            width: u32,
        ) -> (T, bool) {
            assert!(width.is_power_of_two() && width <= 32);
            let mode = WarpShuffleMode::$mode;
            let inside = in_group(mode, lane_id(), $operand, width);
            // SAFETY: the caller keeps the condition of the module `warp`.
            (unsafe { T::shuffle(mode, mask, value, $operand, width) }, inside)
        }
    )*};
}

shuffles! {
    warp_shuffle_up, Up, delta, "Takes the value of the lane that is `delta` below.";
    warp_shuffle_down, Down, delta, "Takes the value of the lane that is `delta` above.";
    warp_shuffle_idx, Idx, idx, "Takes the value of the lane `idx` of the group, modulo `width`.";
    warp_shuffle_xor, Xor, lane_mask,
        "Takes the value of the lane that differs in the bits of `lane_mask`.";
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition of `shfl.sync` in the PTX ISA, written out.
    fn by_definition(mode: WarpShuffleMode, lane: u32, operand: u32, bounds: u32) -> bool {
        let (operand, clamp, segment) = (operand & 31, bounds & 31, bounds >> 8 & 31);
        let limit = (lane & segment) | (clamp & !segment);
        match mode {
            WarpShuffleMode::Up => lane as i32 - operand as i32 >= limit as i32,
            WarpShuffleMode::Down => lane + operand <= limit,
            WarpShuffleMode::Idx => ((lane & segment) | (operand & !segment)) <= limit,
            WarpShuffleMode::Xor => (lane ^ operand) <= limit,
        }
    }

    #[test]
    fn the_second_result_is_what_the_instruction_reports() {
        use WarpShuffleMode::{Down, Idx, Up, Xor};
        for mode in [Up, Down, Idx, Xor] {
            for case in 0..32 * 33 * 6 {
                let (lane, operand, width) = (case % 32, case / 32 % 33, 1 << (case / (32 * 33)));
                let expected = by_definition(mode, lane, operand, bounds(mode, width));
                let got = in_group(mode, lane, operand, width);
                assert_eq!(got, expected, "{mode:?} lane {lane} operand {operand} width {width}");
            }
        }
    }
}
