// The README, whose links lead elsewhere here: of several definitions of a link the first counts.
//! [CHANGELOG.md]: crate::docs::changelog
//! [CONTRIBUTING.md]: https://docs.rs/crate/wcodec/latest/source/CONTRIBUTING.md
//! [FORMAT.md]: crate::docs::format
//! [LICENSE-APACHE]: https://docs.rs/crate/wcodec/latest/source/LICENSE-APACHE
//! [LICENSE-MIT]: https://docs.rs/crate/wcodec/latest/source/LICENSE-MIT
//! [SECURITY.md]: crate::docs::security
//! [benches/RESULTS.md]: https://docs.rs/crate/wcodec/latest/source/benches/RESULTS.md
//! [benches/log/2026-11-27-a-packed-model-in-pytorch.md]: https://docs.rs/crate/wcodec/latest/source/benches/log/2026-11-27-a-packed-model-in-pytorch.md
//! [benches/log/2026-11-27-packed-matrices-on-an-h100.md]: https://docs.rs/crate/wcodec/latest/source/benches/log/2026-11-27-packed-matrices-on-an-h100.md
//! [benches/log/2026-11-27-packed-matrices-with-rings-of-steps.md]: https://docs.rs/crate/wcodec/latest/source/benches/log/2026-11-27-packed-matrices-with-rings-of-steps.md
//! [candle/README.md]: https://docs.rs/wcodec-candle
//! [capi/README.md]: https://docs.rs/crate/wcodec-capi/latest/source/README.md
//! [docs/FINDINGS.md]: https://docs.rs/crate/wcodec/latest/source/docs/FINDINGS.md
//! [docs/architecture.md]: https://docs.rs/crate/wcodec/latest/source/docs/architecture.md
//! [docs/guide/README.md]: https://docs.rs/crate/wcodec/latest/source/docs/guide/README.md
//! [docs/guide/ray.md]: https://docs.rs/crate/wcodec/latest/source/docs/guide/ray.md
//! [docs/guide/remote.md]: https://docs.rs/crate/wcodec/latest/source/docs/guide/remote.md
//! [docs/guide/sharded.md]: https://docs.rs/crate/wcodec/latest/source/docs/guide/sharded.md
//! [docs/guide/vllm.md]: https://docs.rs/crate/wcodec/latest/source/docs/guide/vllm.md
//! [docs/guide/weight-sync.md]: https://docs.rs/crate/wcodec/latest/source/docs/guide/weight-sync.md
//! [docs/packed.md]: https://docs.rs/crate/wcodec/latest/source/docs/packed.md
//!
// Its last example needs the feature `gpu`; without that it is shown, but not compiled.
#![cfg_attr(any(feature = "gpu", not(doctest)), doc = include_str!("../../README.md"))]
#![deny(unsafe_code)]

mod analyze;
mod attributes;
pub mod blob;
mod columns;
pub mod container;
pub mod convert;
mod cpu;
mod decode;
mod decoder;
pub mod delta;
#[cfg(all(doc, not(doctest)))]
pub mod docs;
mod dtype;
pub mod encode;
mod entry_name;
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
pub mod steps;
mod strict_json;
mod tensor;
mod threads;
mod transposition;

pub use blob::Blob;
pub use container::{Archive, ArchiveWriter, compress, compress_with, decompress, decompress_with};
pub use decoder::{CpuBackend, Decoder, Device, DeviceChoice};
pub use dtype::{Dtype, UnknownDtype};
pub use encode::{Encoder, Order, Profile, RawPlanes};
pub use error::{Error, Result};
pub use model::{Model, ModelTensor, ModelWarning};
pub use progress::Progress;
pub use read_at::ReadAt;
pub use safetensors_file::SafetensorsFile;
pub use source::{BlobInfo, BlobSource};
pub use tensor::{Tensor, TensorView, byte_len};
use wcodec_codec::format;
