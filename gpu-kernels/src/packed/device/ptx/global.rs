//! Reads and writes of global memory.

use core::arch::asm;

/// Reads 16 bytes that are read once: they go past the first-level cache, and memory is asked for
/// 256 bytes at a time. Not `.nc`, which `ptxas` 13.0 was seen to move after the wait for the
/// previous kernel.
///
/// # Safety
/// There are 16 bytes at the address, a multiple of 16.
#[inline(always)]
pub unsafe fn load_streamed(address: u64) -> [u32; 4] {
    #[cfg(target_feature = "sm_80")]
    {
        let (a, b, c, d): (u32, u32, u32, u32);
        // SAFETY: the caller's condition.
        unsafe {
            asm!("ld.global.L1::no_allocate.L2::256B.v4.u32 {{{}, {}, {}, {}}}, [{}];",
                out(reg32) a, out(reg32) b, out(reg32) c, out(reg32) d, in(reg64) address,
                options(readonly, nostack, preserves_flags));
        }
        [a, b, c, d]
    }
    #[cfg(not(target_feature = "sm_80"))]
    // SAFETY: the caller's condition.
    unsafe {
        load_global(address)
    }
}

/// Reads 16 bytes.
///
/// # Safety
/// There are 16 bytes at the address, a multiple of 16.
#[inline(always)]
pub unsafe fn load_global(address: u64) -> [u32; 4] {
    let (a, b, c, d): (u32, u32, u32, u32);
    // SAFETY: the caller's condition.
    unsafe {
        asm!("ld.global.v4.u32 {{{}, {}, {}, {}}}, [{}];", out(reg32) a, out(reg32) b,
            out(reg32) c, out(reg32) d, in(reg64) address,
            options(readonly, nostack, preserves_flags));
    }
    [a, b, c, d]
}

/// Writes 16 bytes.
///
/// # Safety
/// There is room for 16 bytes at the address, a multiple of 16.
#[inline(always)]
pub unsafe fn store_global(address: u64, [a, b, c, d]: [u32; 4]) {
    // SAFETY: the caller's condition.
    unsafe {
        asm!("st.global.v4.u32 [{}], {{{}, {}, {}, {}}};", in(reg64) address, in(reg32) a,
            in(reg32) b, in(reg32) c, in(reg32) d, options(nostack, preserves_flags));
    }
}

/// Adds to a 64-bit number of global memory, at once with all other threads' additions.
///
/// # Safety
/// There is such a number at the address, a multiple of 8.
#[inline(always)]
pub unsafe fn add_global(address: u64, value: u64) {
    // SAFETY: the caller's condition.
    unsafe {
        asm!("red.global.add.u64 [{}], {};", in(reg64) address, in(reg64) value,
            options(nostack, preserves_flags));
    }
}

/// Adds to a 32-bit number of global memory, at once with all other threads' additions, and gives
/// what it was.
///
/// # Safety
/// There is such a number at the address, a multiple of 4.
#[inline(always)]
pub unsafe fn exchange_add_global(address: u64, value: u32) -> u32 {
    let before: u32;
    // SAFETY: the caller's condition.
    unsafe {
        asm!("atom.global.add.u32 {}, [{}], {};", out(reg32) before, in(reg64) address,
            in(reg32) value, options(nostack, preserves_flags));
    }
    before
}

/// Replaces a 64-bit number of global memory, and gives what it was.
///
/// # Safety
/// There is such a number at the address, a multiple of 8.
#[inline(always)]
pub unsafe fn exchange_global(address: u64, value: u64) -> u64 {
    let before: u64;
    // SAFETY: the caller's condition.
    unsafe {
        asm!("atom.global.exch.b64 {}, [{}], {};", out(reg64) before, in(reg64) address,
            in(reg64) value, options(nostack, preserves_flags));
    }
    before
}

/// Has all threads of the device see what the thread wrote to global memory before what it writes
/// after this.
#[inline(always)]
pub fn order_global() {
    // SAFETY: it only orders.
    unsafe { asm!("membar.gl;", options(nostack, preserves_flags)) }
}
