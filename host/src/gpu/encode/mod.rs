//! Encoding on the device: tensors in its memory become blobs there.
//!
//! Each tensor has the split of its dtype, flat geometry, and one table of its own. Its codec is chosen
//! from a sample of its coded bytes: one with a symbol for two of them, unless one with a symbol for
//! each is much smaller. The table is made from the counts of all symbols, or of those of some rows
//! where these tell enough. Coded bytes are stored where the words turn out to be no shorter, and left
//! out where they are all the same. All of this is decided on the device, so that nothing waits for
//! the host, and always alike.

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
