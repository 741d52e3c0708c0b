//! The kernels that make tensors of their references and what deltas decode to: they check gaps,
//! make changes, and add differences.

#[cfg(all(target_arch = "nvptx64", feature = "decode"))]
mod device;
pub mod launch;
