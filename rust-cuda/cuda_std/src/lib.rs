//! The parts of a GPU kernel that `core` lacks: thread indices, barriers, warp operations and
//! shared memory.
//!
//! The names, module paths and signatures are those of Rust-CUDA's crate of this name, so that
//! kernels written for one compile with the other; `rust-cuda/README.md` lists what differs.
//! This one is made for rustc's own `nvptx64-nvidia-cuda` target.
//!
//! The crate also compiles for CPUs, so that a kernel crate can be an ordinary dependency
//! there. Whatever only a GPU can do panics on a CPU.
//!
//! ```ignore
//! #![no_std]
//! #![cfg_attr(target_arch = "nvptx64", feature(abi_ptx, asm_experimental_arch))]
//! use cuda_std::prelude::*;
//!
//! /// Doubles `length` elements at `data`.
//! #[kernel]
//! pub unsafe fn double(data: *mut u32, length: u32) {
//!     let index = thread::index_1d();
//!     if index < length {
//!         unsafe { *data.add(index as usize) *= 2 };
//!     }
//! }
//! ```

#![no_std]
#![cfg_attr(
    target_arch = "nvptx64",
    feature(asm_experimental_arch, link_llvm_intrinsics, stdarch_nvptx),
    allow(internal_features)
)]

pub mod prelude;
pub mod shared;
pub mod thread;
pub mod warp;

pub use cuda_std_macros::{gpu_only, kernel, shared_array};

/// Ends the kernel: the host sees `CUDA_ERROR_LAUNCH_FAILED` or `CUDA_ERROR_ILLEGAL_INSTRUCTION`.
///
/// The message is dropped, and with it the formatting code that would otherwise be in every
/// kernel that has a bounds check.
#[cfg(target_arch = "nvptx64")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    // SAFETY: `trap` has no precondition; it stops the grid.
    unsafe { core::arch::nvptx::trap() }
}
