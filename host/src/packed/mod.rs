//! Packed matrices: BF16 weights that are multiplied as they lie, in three quarters of their bytes.
//!
//! `docs/packed.md` shows the layout; [`wcodec_codec::packed`] is the definition that the CPU and
//! the GPU share. This module packs, unpacks and multiplies on the CPU, and saves and loads.
//!
//! ```
//! use wcodec::packed::{Form, PackedMatrix, WeightRows};
//!
//! // 2 rows of 3 weights: 1, 2, 3 and -1, 0, 0.5.
//! let weights = [0x3F80u16, 0x4000, 0x4040, 0xBF80, 0, 0x3F00].map(u16::to_le_bytes).concat();
//! let packed = PackedMatrix::pack(&WeightRows::new(&weights, 2, 3)?, Form::Fast)?;
//! assert_eq!(packed.unpack()?, weights);
//!
//! let x = [0x3F80u16, 0x3F80, 0x4000].map(u16::to_le_bytes).concat();
//! let y = packed.multiply(&WeightRows::new(&x, 1, 3)?, None)?;
//! // 1 + 2 + 6 and -1 + 0 + 1.
//! assert_eq!(y, [0x4110u16, 0].map(u16::to_le_bytes).concat());
//! # Ok::<(), wcodec::Error>(())
//! ```

mod description;
mod experts;
mod matrix;
mod multiply;
mod pack;
mod rows;
mod saved;
mod steps;
mod unpack;
mod verify;

pub use description::Description;
pub use experts::multiply_experts;
#[cfg(feature = "gpu")]
pub(crate) use experts::rows_of_one;
pub use matrix::{PackedMatrix, PackedView};
pub use rows::WeightRows;
pub use saved::{HEADER_BYTES, SAVED_VERSION, header_without_checksum};
pub use wcodec_codec::packed::{Form, Shape};
