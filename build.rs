//! Compiles the GPU kernels to PTX, once for each set of instructions worth using, and packs it.
//!
//! A GPU runs the newest of them that it supports: `sm_75` has no asynchronous copies, `sm_80` and
//! newer have them.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "gpu")]
    kernels::build();
}

#[cfg(feature = "gpu")]
mod kernels {
    use cuda_builder::{CudaBuilder, NvvmArch};
    use miniz_oxide::deflate::{CompressionLevel, compress_to_vec_zlib};
    use std::path::{Path, PathBuf};
    use std::{env, fs, io, process};

    pub fn build() {
        let output = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
        for arch in [NvvmArch::Compute75, NvvmArch::Compute80] {
            let ptx = output.join(format!("kernels_sm_{}.ptx", arch.capability_value()));
            compile(CudaBuilder::new("gpu-kernels").arch(arch), &ptx);
        }
        // Those of packed matrices begin before the kernel before them ends, from `sm_90` on.
        for arch in [NvvmArch::Compute75, NvvmArch::Compute80, NvvmArch::Compute90] {
            let ptx = output.join(format!("packed_sm_{}.ptx", arch.capability_value()));
            let features = ["--no-default-features", "--features", "packed"];
            compile(CudaBuilder::new("gpu-kernels").arch(arch).build_args(&features), &ptx);
        }
    }

    /// Compiles kernels to a file, and packs it.
    fn compile(builder: CudaBuilder, ptx: &Path) {
        builder.copy_to(ptx).build().unwrap_or_else(|error| fail(&error));
        pack(ptx).unwrap_or_else(|error| fail(&error));
    }

    /// Writes a file as a zlib stream beside itself: PTX packs to a sixth.
    fn pack(path: &Path) -> io::Result<()> {
        let packed =
            compress_to_vec_zlib(&fs::read(path)?, CompressionLevel::BestCompression as u8);
        fs::write(path.with_extension("ptx.z"), packed)
    }

    fn fail<T>(error: &dyn std::fmt::Display) -> T {
        eprintln!("{error}");
        process::exit(1)
    }
}
