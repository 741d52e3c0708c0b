//! The native module of the Python package `wcodec`. The package's own sources are its only users: they check
//! arguments, and hand over memory by its address.

mod copied_archive;
mod cut_source;
mod decoders;
mod decoding;
mod embedded;
mod embedded_archive;
mod embedding;
mod errors;
mod files;
mod gpu;
mod interrupt;
mod memory;
mod metadata;
mod meter;
mod opened;
mod packed;
mod packed_experts;
mod packed_gpu;
mod parts;
mod reader;
mod save;
mod settings;
mod source;
mod steps;

use pyo3::prelude::*;

/// What the Python sources of `wcodec` are built on. Not for other users: addresses are believed.
#[pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use super::copied_archive::CopiedArchive;
    #[pymodule_export]
    use super::decoders::{DeviceDecoder, has_gpu};
    #[pymodule_export]
    use super::embedding::{embed_file, holds_archives, restore_file};
    #[pymodule_export]
    use super::files::{analyze, compress, decompress, inspect, run_program, verify};
    #[pymodule_export]
    use super::gpu::free_gpu_memory;
    #[pymodule_export]
    use super::packed::{
        Packed, packed_check, packed_header, packed_multiply, packed_pack, packed_unpack,
    };
    #[pymodule_export]
    use super::packed_experts::PackedExperts;
    #[pymodule_export]
    use super::packed_gpu::{PackedGpu, PackedOnGpu};
    #[pymodule_export]
    use super::parts::{
        Cut, bytes_read, check_blobs, cut_parts, decode_parts, load_cuts_to_gpu, part_places,
    };
    #[pymodule_export]
    use super::reader::open_reader;
    #[pymodule_export]
    use super::save::{save, save_file};
    #[pymodule_export]
    use super::source::{Source, open_bytes, open_path};
    #[pymodule_export]
    use super::steps::{Step, encode_step};

    #[pymodule_export]
    #[allow(non_upper_case_globals)]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
