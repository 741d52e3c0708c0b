//! Instructions that `cuda_std` has no name for; all `asm!` of the kernels of packed matrices
//! stands here and in the modules below.

mod bulk;
mod global;
mod shared;

pub use bulk::*;
pub use global::*;
pub use shared::*;

use core::arch::asm;

/// Adds the product of a fragment of 16 × 16 weights and one of 16 × 8 elements of x to 16 × 8
/// sums.
///
/// Lane `4 g + t` gives the weights of rows `g` and `g + 8` as [`wcodec_codec::packed::fragment`]
/// says, and four elements of row `g` of x, those of the same columns. Its sums are those of rows
/// `g`, `g`, `g + 8` and `g + 8` of the matrix with rows `2 t`, `2 t + 1`, `2 t` and `2 t + 1` of
/// x.
///
/// All lanes of the warp call it.
#[cfg(target_feature = "sm_80")]
#[inline(always)]
pub fn multiply_accumulate(sums: &mut [f32; 4], weights: [u32; 4], x: [u32; 2]) {
    let [a, b, c, d] = sums;
    // SAFETY: arithmetic on registers.
    unsafe {
        asm!(
            "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 \
             {{{a}, {b}, {c}, {d}}}, {{{w0}, {w1}, {w2}, {w3}}}, {{{x0}, {x1}}}, \
             {{{a}, {b}, {c}, {d}}};",
            a = inout(reg32) *a, b = inout(reg32) *b, c = inout(reg32) *c, d = inout(reg32) *d,
            w0 = in(reg32) weights[0], w1 = in(reg32) weights[1],
            w2 = in(reg32) weights[2], w3 = in(reg32) weights[3],
            x0 = in(reg32) x[0], x1 = in(reg32) x[1],
            options(nomem, nostack, preserves_flags)
        );
    }
}

/// Two BF16 numbers, each multiplied by its like. The addend is -0, which changes nothing.
#[cfg(target_feature = "sm_80")]
#[inline(always)]
pub fn multiply_bf16(a: u32, b: u32) -> u32 {
    let result: u32;
    // SAFETY: arithmetic on registers.
    unsafe {
        asm!("fma.rn.bf16x2 {}, {}, {}, {};", out(reg32) result, in(reg32) a, in(reg32) b,
            in(reg32) 0x8000_8000u32, options(pure, nomem, nostack, preserves_flags));
    }
    result
}

/// Lets the next kernel of the stream begin, if it was launched so as not to wait for this one.
/// What it may do before it calls [`wait_for_previous_kernel`] is its own affair.
#[inline(always)]
pub fn let_next_kernel_begin() {
    #[cfg(target_feature = "sm_90")]
    // SAFETY: it only schedules.
    unsafe {
        asm!("griddepcontrol.launch_dependents;", options(nomem, nostack, preserves_flags));
    }
}

/// Waits until the kernel before this one in the stream is done, and sees what it wrote.
#[inline(always)]
pub fn wait_for_previous_kernel() {
    #[cfg(target_feature = "sm_90")]
    // SAFETY: it only waits.
    unsafe {
        asm!("griddepcontrol.wait;", options(nostack, preserves_flags));
    }
}

/// The number, of which the compiler knows nothing.
#[inline(always)]
pub fn unknown(mut number: u32) -> u32 {
    // SAFETY: it does nothing.
    unsafe { asm!("// {}", inout(reg32) number, options(nostack, preserves_flags)) };
    number
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
