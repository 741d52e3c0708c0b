//! Packed matrices: BF16 weights in the form in which they are multiplied.
//!
//! The one definition of that form, for the device, for the CPU and for their tests. A matrix of
//! `rows` × `columns` weights multiplies vectors of `columns` elements. It is cut into *blocks* of
//! [`BLOCK_ROWS`] rows, and each block into *steps* of [`STEP_COLUMNS`] columns. A warp loads of a
//! step its operands of four tensor core instructions: [`fragment`] says where each weight lies.
//!
//! In the fast form a weight takes 12 bits, a floating-point number with four bits of exponent
//! ([`Scale`]). The few weights that it cannot hold exactly are zero there and stand, whole, in a
//! list of [`Exception`]s in the order of rows. Where that would not save anything the
//! weights are held whole, in the same order ([`Form::Whole`]).

pub mod bf16;
mod exception;
mod form;
pub mod fragment;
mod histogram;
mod order;
mod scale;
mod shape;

pub use exception::Exception;
pub use form::Form;
pub use histogram::{FIELDS, Histogram, best_scale, held, most_exceptions, sample_distance};
pub use order::{PARTS, add_parts, part_steps};
pub use scale::Scale;
pub use shape::{Layout, Shape};

/// Rows of a block.
pub const BLOCK_ROWS: u32 = 16;
/// Columns of a step.
pub const STEP_COLUMNS: u32 = 64;
/// Lanes of a warp, which hold a step together.
pub const LANES: u32 = 32;
/// Tensor core instructions of a step; each takes eight weights of a lane.
pub const FRAGMENTS: u32 = 4;
