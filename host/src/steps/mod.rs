//! Steps of training: what changed in a model's weights, in memory or in a chain of files.
//!
//! A step is an archive whose tensors are all coded against those before the step, so that every tool
//! reads it. Applied to these in place it makes them those after it; both are told by hash, so that a
//! step that is applied twice, or out of order, is refused and changes nothing.

mod apply;
mod chain;
mod encode;
#[cfg(feature = "gpu")]
mod on_gpu;

pub use apply::Step;
pub use chain::{Chain, ChainTensor};
pub use encode::{StepTensor, encode_step};
