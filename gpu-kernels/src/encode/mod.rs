//! The kernels that encode: they count coded bytes, make tables, code tiles, place the parts of
//! blobs, and gather words.

#[cfg(all(target_arch = "nvptx64", feature = "encode"))]
mod device;
pub mod launch;
