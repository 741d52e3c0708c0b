//! The macros of `cuda_std`, which re-exports them: use them from there.
//!
//! They work on token trees and need neither `syn` nor `quote`: what they change in a
//! function is one keyword or its body, and every build of the kernels waits for this crate.

mod function;
mod gpu_only;
mod kernel;
mod shared_array;

use proc_macro::TokenStream;

/// Makes a function a kernel, that is, an entry point which the host can launch.
///
/// The function must be `unsafe`, have no return value and no generics. On `nvptx64` it gets
/// the kernel calling convention, and its name in the PTX is its name in the source. On every
/// other target it stays an ordinary function.
///
/// A crate with kernels needs `#![cfg_attr(target_arch = "nvptx64", feature(abi_ptx))]`.
#[proc_macro_attribute]
pub fn kernel(_arguments: TokenStream, item: TokenStream) -> TokenStream {
    kernel::expand(item).unwrap_or_else(|error| error)
}

/// Marks a function that only a GPU can run.
///
/// On `nvptx64` the function stays as it is. On every other target its body is replaced by a
/// panic that names the function, so that the crate compiles there too.
#[proc_macro_attribute]
pub fn gpu_only(_arguments: TokenStream, item: TokenStream) -> TokenStream {
    gpu_only::expand(item).unwrap_or_else(|error| error)
}

/// Reserves shared memory: `shared_array![T; N]` is a `*mut T` to `N` elements of it.
///
/// Each place where the macro is written is one array for each thread block, however often
/// the place is reached. The memory is not initialised, 16-byte aligned, and other threads see
/// what was written to it after `thread::sync_threads`. The pointer is a generic one.
///
/// `T` and `N` are looked up in the module around the function, so they may be anything named
/// there but not something declared within the function itself.
///
/// On a target other than `nvptx64` it panics.
#[proc_macro]
pub fn shared_array(input: TokenStream) -> TokenStream {
    shared_array::expand(input).unwrap_or_else(|error| error)
}
