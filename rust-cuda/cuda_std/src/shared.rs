//! Shared memory: the memory of a thread block, as fast as the first-level cache.
//!
//! Static arrays come from [`shared_array!`](crate::shared_array), the memory whose size the
//! launch chooses from [`dynamic_shared_mem`]. Both give generic pointers, and the compiler does
//! not know that they point to shared memory, so that accesses through them are generic ones,
//! which take longer. Inner loops use `ld.shared` and `st.shared` in `asm!`, with the address
//! that `cvta.to.shared.u64` makes of the pointer.

use crate::gpu_only;

// 16 bytes are the widest access, and what nvcc aligns this array to.
#[cfg(target_arch = "nvptx64")]
core::arch::global_asm!(".extern .shared .align 16 .b8 dynsmem[];");

/// The start of the shared memory whose size, in bytes, was given at launch.
///
/// Every call returns the same pointer, to memory that is 16-byte aligned and not initialised.
/// Other threads of the block see what was written there after
/// [`sync_threads`](crate::thread::sync_threads).
#[gpu_only]
#[inline(always)]
pub fn dynamic_shared_mem<T>() -> *mut T {
    let pointer: *mut T;
    // SAFETY: it computes the address of a declared symbol and touches nothing.
    unsafe {
        core::arch::asm!(
            "cvta.shared.u64 {pointer}, dynsmem;",
            pointer = out(reg64) pointer,
            options(pure, nomem, nostack, preserves_flags)
        );
    }
    pointer
}
