//! Functions of the library that wcodec's own programs, benchmarks and tests call and that no other
//! user needs. They are left out of the documentation and may change in any version.

#[cfg(feature = "gpu")]
pub use crate::gpu::timing::{
    copy_bandwidth, time_decode, time_decode_after, time_graph, time_packing,
};
pub use crate::output::{create_folder, is_leftover, remove_unfinished};
