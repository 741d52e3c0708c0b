//! Functions of the library that wcodec's own programs, benchmarks and tests call and that no other
//! user needs. They are left out of the documentation and may change in any version.

pub use crate::convert::begins_like_safetensors;
#[cfg(feature = "gpu")]
pub use crate::encode::encode_as_device;
#[cfg(feature = "gpu")]
pub use crate::gpu::timing::{
    copy_bandwidth, time_decode, time_decode_after, time_deltas, time_graph, time_packing,
};
pub use crate::output::{create_folder, is_leftover};
pub use wcodec_codec::format;

/// Statistics of tensors, for `wcodec analyze` and the benchmarks.
pub mod analyze {
    pub use crate::analyze::{
        AgainstBase, Analysis, CLASSES, analyze, difference_limit, entropy_limit, measure_against,
    };
}
