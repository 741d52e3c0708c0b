//! The kernels of packed matrices ([`wcodec_codec::packed`]): they survey, pack, unpack and
//! multiply.

#[cfg(all(target_arch = "nvptx64", feature = "packed"))]
mod device;
pub mod launch;
