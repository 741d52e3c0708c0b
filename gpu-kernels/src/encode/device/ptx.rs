//! Instructions that `cuda_std` has no name for; all `asm!` of the kernels that encode stands here,
//! but for what those that decode use as well.

use core::arch::asm;

/// `low` shifted right by the lowest five bits of `bits`, the lowest bits of `high` moving in.
#[inline(always)]
pub fn funnel_shift_right(high: u32, low: u32, bits: u32) -> u32 {
    let result: u32;
    // SAFETY: arithmetic on registers.
    unsafe {
        asm!("shf.r.wrap.b32 {}, {}, {}, {};", out(reg32) result, in(reg32) low, in(reg32) high,
            in(reg32) bits, options(pure, nomem, nostack, preserves_flags));
    }
    result
}

/// Where `count` exceeds 32, subtracts 32 from it, and moves `word` to `last` and that to `before`.
/// Gives the lanes where it does as bits.
///
/// # Safety
/// All lanes of the warp call it.
#[inline(always)]
pub unsafe fn fill(count: &mut u32, word: u32, last: &mut u32, before: &mut u32) -> u32 {
    let lanes: u32;
    // SAFETY: arithmetic on registers; the caller's condition.
    unsafe {
        asm!(
            "{{",
            ".reg .pred fills;",
            "setp.gt.u32 fills, {count}, 32;",
            "vote.sync.ballot.b32 {lanes}, fills, 0xffffffff;",
            "@fills mov.b32 {before}, {last};",
            "@fills mov.b32 {last}, {word};",
            "@fills sub.u32 {count}, {count}, 32;",
            "}}",
            lanes = out(reg32) lanes,
            count = inout(reg32) *count,
            last = inout(reg32) *last,
            before = inout(reg32) *before,
            word = in(reg32) word,
            options(nomem, nostack, preserves_flags)
        );
    }
    lanes
}

/// An address so many words before another.
#[inline(always)]
pub fn words_before(address: u64, words: u32) -> u64 {
    let before: u64;
    // SAFETY: arithmetic on registers.
    unsafe {
        asm!("mad.wide.s32 {}, {}, -4, {};", out(reg64) before, in(reg32) words, in(reg64) address,
            options(pure, nomem, nostack, preserves_flags));
    }
    before
}

/// The lanes whose value is that of the calling one.
///
/// All lanes of the warp call it.
#[inline(always)]
pub fn lanes_with_same(value: u32) -> u32 {
    let lanes: u32;
    // SAFETY: arithmetic on registers.
    unsafe {
        asm!("match.any.sync.b32 {}, {}, 0xffffffff;", out(reg32) lanes, in(reg32) value,
            options(nomem, nostack, preserves_flags));
    }
    lanes
}

/// Asks for memory to be brought nearer, which is read soon.
#[inline(always)]
pub fn prefetch(address: u64) {
    // SAFETY: it reads nothing.
    unsafe {
        asm!("prefetch.global.L2 [{}];", in(reg64) address, options(nostack, preserves_flags));
    }
}

/// Writes of memory.
macro_rules! stores {
    ($($(#[$doc:meta])* $name:ident, $instruction:literal,
        ($address:ident: $class:ident $type:ty, $value:ident: $of:ident $as:ty);)*) => {$(
        $(#[$doc])*
        ///
        /// # Safety
        /// There is such memory at the address, which is aligned to what is written.
        #[inline(always)]
        pub unsafe fn $name($address: $type, $value: $as) {
            // SAFETY: the caller's condition.
            unsafe {
                asm!($instruction, in($class) $address, in($of) $value,
                    options(nostack, preserves_flags));
            }
        }
    )*};
}

stores! {
    /// Writes a word of shared memory.
    store_shared, "st.shared.u32 [{}], {};", (address: reg32 u32, value: reg32 u32);
    /// Writes a byte of shared memory.
    store_shared_byte, "st.shared.u8 [{}], {};", (address: reg32 u32, value: reg32 u32);
    /// Adds to a word of shared memory, at once with all other threads' additions.
    add_shared, "red.shared.add.u32 [{}], {};", (address: reg32 u32, value: reg32 u32);
    /// Adds to a 64-bit number of global memory, likewise.
    add_global, "red.global.add.u64 [{}], {};", (address: reg64 u64, value: reg64 u64);
    /// Writes a word of global memory.
    store_global, "st.global.u32 [{}], {};", (address: reg64 u64, value: reg32 u32);
}

/// Writes 8 bytes of global memory.
///
/// # Safety
/// There is room for them at the address, a multiple of 8.
#[inline(always)]
pub unsafe fn store_global_2(address: u64, [a, b]: [u32; 2]) {
    // SAFETY: the caller's condition.
    unsafe {
        asm!("st.global.v2.u32 [{}], {{{}, {}}};", in(reg64) address, in(reg32) a, in(reg32) b,
            options(nostack, preserves_flags));
    }
}

/// Writes a word of global memory where `wanted`.
///
/// # Safety
/// Where `wanted`, there is room for it at the address, a multiple of 4.
#[inline(always)]
pub unsafe fn store_global_if(wanted: bool, address: u64, value: u32) {
    // SAFETY: the caller's condition.
    unsafe {
        asm!("{{", ".reg .pred wanted;", "setp.ne.u32 wanted, {}, 0;",
            "@wanted st.global.u32 [{}], {};", "}}", in(reg32) u32::from(wanted),
            in(reg64) address, in(reg32) value, options(nostack, preserves_flags));
    }
}
