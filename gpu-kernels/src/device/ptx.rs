//! Instructions that `cuda_std` has no name for; all of this crate's `asm!` stands here.

use crate::format::IndexEntry;
use core::arch::asm;

/// Selects four of the eight bytes of `low` and `high`: nibble `i` of `selector` names byte `i` of the result.
#[inline(always)]
pub fn permute_bytes(low: u32, high: u32, selector: u32) -> u32 {
    let result: u32;
    // SAFETY: arithmetic on registers.
    unsafe {
        asm!("prmt.b32 {}, {}, {}, {};", out(reg32) result, in(reg32) low, in(reg32) high,
            in(reg32) selector, options(pure, nomem, nostack, preserves_flags));
    }
    result
}

/// The lanes below the calling one, as bits.
#[inline(always)]
pub fn lane_mask_below() -> u32 {
    let mask: u32;
    // SAFETY: it reads a register that every thread has.
    unsafe {
        asm!("mov.u32 {}, %lanemask_lt;", out(reg32) mask,
            options(pure, nomem, nostack, preserves_flags));
    }
    mask
}

/// The address of a generic pointer inside shared memory.
#[inline(always)]
pub fn shared_address(pointer: *mut u32) -> u32 {
    let address: u64;
    // SAFETY: arithmetic on registers.
    unsafe {
        asm!("cvta.to.shared.u64 {}, {};", out(reg64) address, in(reg64) pointer,
            options(pure, nomem, nostack, preserves_flags));
    }
    address as u32
}

/// Reads a 32-bit word of shared memory.
///
/// # Safety
/// `address` is 4-byte aligned and inside the block's shared memory.
#[inline(always)]
pub unsafe fn load_shared(address: u32) -> u32 {
    let value: u32;
    // SAFETY: the caller's condition.
    unsafe {
        asm!("ld.shared.u32 {}, [{}];", out(reg32) value, in(reg32) address,
            options(readonly, nostack, preserves_flags));
    }
    value
}

/// Reads a 16-bit word of shared memory.
///
/// # Safety
/// `address` is 2-byte aligned and inside the block's shared memory.
#[inline(always)]
pub unsafe fn load_shared_half(address: u32) -> u32 {
    let value: u32;
    // SAFETY: the caller's condition. The wider register takes the value with zeros above it.
    unsafe {
        asm!("ld.shared.u16 {}, [{}];", out(reg32) value, in(reg32) address,
            options(readonly, nostack, preserves_flags));
    }
    value
}

/// Writes a 32-bit word of shared memory.
///
/// # Safety
/// As [`load_shared`].
#[inline(always)]
pub unsafe fn store_shared(address: u32, value: u32) {
    // SAFETY: the caller's condition.
    unsafe {
        asm!("st.shared.u32 [{}], {};", in(reg32) address, in(reg32) value,
            options(nostack, preserves_flags));
    }
}

/// Begins to copy 16 bytes to shared memory, or to write 16 zeros there where `inside` is false and nothing
/// is read. Without the instruction (before sm_80) the copy is done at once.
///
/// # Safety
/// Both addresses are 16-byte aligned; `shared` has room for 16 bytes, and `global` has them where `inside`.
#[inline(always)]
pub unsafe fn copy_async(shared: u32, global: u64, inside: bool) {
    #[cfg(target_feature = "sm_80")]
    // SAFETY: the caller's condition; a copy of 0 bytes reads nothing.
    unsafe {
        asm!("cp.async.cg.shared.global [{}], [{}], 16, {};", in(reg32) shared, in(reg64) global,
            in(reg32) if inside { 16u32 } else { 0 }, options(nostack, preserves_flags));
    }
    #[cfg(not(target_feature = "sm_80"))]
    // SAFETY: the caller's condition.
    unsafe {
        let words = if inside { load_global_4(global) } else { [0; 4] };
        let [a, b, c, d] = words;
        asm!("st.shared.v4.u32 [{}], {{{}, {}, {}, {}}};", in(reg32) shared, in(reg32) a,
            in(reg32) b, in(reg32) c, in(reg32) d, options(nostack, preserves_flags));
    }
}

/// Closes the group of copies begun since the last.
#[inline(always)]
pub fn commit_copies() {
    #[cfg(target_feature = "sm_80")]
    // SAFETY: it only orders copies.
    unsafe {
        asm!("cp.async.commit_group;", options(nostack, preserves_flags));
    }
}

/// Waits for the calling thread's copies, but for the last `PENDING` groups.
#[inline(always)]
pub fn wait_for_copies<const PENDING: u32>() {
    #[cfg(target_feature = "sm_80")]
    // SAFETY: it only orders copies.
    unsafe {
        asm!("cp.async.wait_group {};", const PENDING, options(nostack, preserves_flags));
    }
}

/// Reads a half, one, two or four words of global memory that no one writes meanwhile.
macro_rules! global_loads {
    ($($name:ident -> $type:ty, $instruction:literal, [$($word:ident),*], $result:expr;)*) => {$(
        #[doc = concat!("`", $instruction, "` of memory that no one writes meanwhile.")]
        ///
        /// # Safety
        /// `address` is a readable device address, aligned to what is read.
        #[inline(always)]
        pub unsafe fn $name(address: u64) -> $type {
            $(let $word: u32;)*
            // SAFETY: the caller's condition.
            unsafe {
                asm!($instruction, $(out(reg32) $word,)* in(reg64) address,
                    options(pure, readonly, nostack, preserves_flags));
            }
            $result
        }
    )*};
}

global_loads! {
    load_global_half -> u32, "ld.global.nc.u16 {}, [{}];", [a], a;
    load_global_1 -> [u32; 1], "ld.global.nc.u32 {}, [{}];", [a], [a];
    load_global_2 -> [u32; 2], "ld.global.nc.v2.u32 {{{}, {}}}, [{}];", [a, b], [a, b];
    load_global_4 -> [u32; 4], "ld.global.nc.v4.u32 {{{}, {}, {}, {}}}, [{}];", [a, b, c, d],
        [a, b, c, d];
}

/// Reads the index entries of a tile and the one behind it.
///
/// # Safety
/// `index` is the 4-byte aligned address of an index with an entry `tile + 1`.
#[inline(always)]
pub unsafe fn load_index_entries(index: u64, tile: u32) -> (IndexEntry, IndexEntry) {
    let address = index + u64::from(tile) * IndexEntry::LEN as u64;
    // SAFETY: the caller's condition.
    let words = [0, 4, 8, 12, 16, 20].map(|offset| unsafe { load_global_1(address + offset)[0] });
    let [a, b, c, d, e, f] = words;
    (IndexEntry::from_words([a, b, c]), IndexEntry::from_words([d, e, f]))
}

/// Writes 16 bytes that are not read again soon.
///
/// # Safety
/// `address` is 16-byte aligned and writable.
#[inline(always)]
pub unsafe fn store_global_4(address: u64, [a, b, c, d]: [u32; 4]) {
    // SAFETY: the caller's condition.
    unsafe {
        asm!("st.global.cs.v4.u32 [{}], {{{}, {}, {}, {}}};", in(reg64) address, in(reg32) a,
            in(reg32) b, in(reg32) c, in(reg32) d, options(nostack, preserves_flags));
    }
}

/// Writes the first `count` of 16 bytes.
///
/// # Safety
/// `address` is writable for `count` bytes, at most 16.
#[inline(always)]
pub unsafe fn store_global_bytes(address: u64, mut words: [u32; 4], count: u32) {
    // The 16 bytes move down past the lowest, as an array that is indexed would not stay in registers.
    for byte in 0..count {
        // SAFETY: the caller's condition.
        unsafe { *((address + u64::from(byte)) as *mut u8) = words[0] as u8 };
        words[0] = words[0] >> 8 | words[1] << 24;
        words[1] = words[1] >> 8 | words[2] << 24;
        words[2] = words[2] >> 8 | words[3] << 24;
        words[3] >>= 8;
    }
}

/// Atomically lowers the value at `address` to `value`.
///
/// # Safety
/// `address` is writable.
#[inline(always)]
pub unsafe fn lower_to(address: *mut u32, value: u32) {
    // SAFETY: the caller's condition.
    unsafe {
        asm!("red.global.min.u32 [{}], {};", in(reg64) address, in(reg32) value,
            options(nostack, preserves_flags));
    }
}
