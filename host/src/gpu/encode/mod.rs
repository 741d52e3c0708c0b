//! Encoding on the device: tensors in its memory become blobs there.
//!
//! Each tensor has the split of its dtype, flat geometry, and one table of its own, made from the
//! counts of all its coded bytes; or they are stored, where a table would save nothing, or left out,
//! where they are all the same. All of this is decided on the device, so that nothing waits for the
//! host, and always alike.

mod batch;
mod encoder;
mod extent;
mod kernels;
mod plan;
mod tensor;

pub use batch::GpuBlobs;
pub use encoder::GpuEncoder;
pub use extent::encoded_len_bound;
pub use plan::GpuEncodePlan;
pub use tensor::{BlobPlace, TensorToEncode};
