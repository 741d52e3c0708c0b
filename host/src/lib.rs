#![cfg_attr(feature = "gpu", doc = include_str!("../../README.md"))]
// The README's last example needs the feature.
#![cfg_attr(not(feature = "gpu"), doc = "Lossless codec for the weights of large language models.")]
#![deny(unsafe_code)]

pub mod analyze;
mod attributes;
pub mod blob;
pub mod container;
pub mod convert;
mod cpu;
mod decode;
mod decoder;
mod dtype;
pub mod encode;
mod error;
mod file_identity;
#[cfg(feature = "gpu")]
pub mod gpu;
mod json;
mod manifest;
mod memory;
mod metadata;
mod model;
mod other_format;
mod output;
pub mod packed;
mod panic;
mod positioned_file;
#[doc(hidden)]
pub mod programs;
mod progress;
mod read_at;
pub mod safetensors_file;
mod shape;
mod source;
mod strict_json;
mod tensor;
mod threads;

pub use blob::Blob;
pub use container::{Archive, ArchiveWriter, compress, compress_with, decompress, decompress_with};
pub use decoder::{CpuBackend, Decoder, Device, DeviceChoice};
pub use dtype::{Dtype, UnknownDtype};
pub use encode::{Encoder, Profile, RawPlanes};
pub use error::{Error, Result};
pub use model::{Model, ModelTensor, ModelWarning};
pub use progress::Progress;
pub use read_at::ReadAt;
pub use safetensors_file::SafetensorsFile;
pub use source::{BlobInfo, BlobSource};
pub use tensor::{Tensor, TensorView, byte_len};
pub use wcodec_codec::format;
