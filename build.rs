//! Puts the GPU kernels' PTX into `OUT_DIR`, as text and packed, once for each set of instructions
//! worth using.
//!
//! A GPU runs the newest of them that it supports: `sm_75` has no asynchronous copies, `sm_80` and
//! newer have them. In the repository the kernels are compiled. A published package has their
//! packed PTX in place of their source, so that building it takes no compiler for GPUs.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // See `unoptimized` in the build script of wcodec-codec.
    println!("cargo::rustc-check-cfg=cfg(unoptimized)");
    if std::env::var_os("OPT_LEVEL").is_some_and(|level| level == "0") {
        println!("cargo::rustc-cfg=unoptimized");
    }
    compress_line_tables();
    #[cfg(feature = "gpu")]
    kernels::put();
}

/// Of a test program nine tenths are line tables: compressed, it takes 11 MB for 31, and there are
/// fifty of them. A package has no tests, and cargo refuses arguments for what there is not.
fn compress_line_tables() {
    let is_linux = std::env::var_os("CARGO_CFG_TARGET_OS").is_some_and(|os| os == "linux");
    if is_linux && std::path::Path::new("tests/memory.rs").is_file() {
        println!("cargo::rustc-link-arg-tests=-Wl,--compress-debug-sections=zlib");
    }
}

#[cfg(feature = "gpu")]
mod kernels {
    use cuda_builder::{CudaBuilder, NvvmArch};
    use miniz_oxide::deflate::{CompressionLevel, compress_to_vec_zlib};
    use miniz_oxide::inflate::decompress_to_vec_zlib;
    use std::fmt::Display;
    use std::path::{Path, PathBuf};
    use std::{env, fs, io, process};

    /// The crate of the kernels, where it lies beside this one.
    const SOURCE: &str = "gpu-kernels";
    /// Where a published package has what became of it.
    const PACKED: &str = "ptx";

    /// Kernels that are compiled together: the image, its targets, and arguments for cargo.
    type Image = (&'static str, &'static [NvvmArch], &'static [&'static str]);

    const IMAGES: [Image; 3] = [
        ("kernels", &[NvvmArch::Compute75, NvvmArch::Compute80], &[]),
        (
            "encode",
            &[NvvmArch::Compute75, NvvmArch::Compute80],
            &["--no-default-features", "--features", "encode"],
        ),
        // From `sm_90` on each begins before the kernel before it ends.
        (
            "packed",
            &[NvvmArch::Compute75, NvvmArch::Compute80, NvvmArch::Compute90],
            &["--no-default-features", "--features", "packed"],
        ),
    ];

    pub fn put() {
        let output = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
        let compiles = Path::new(SOURCE).join("Cargo.toml").is_file();
        for (image, targets, arguments) in IMAGES {
            for &arch in targets {
                let name = format!("{image}_sm_{}.ptx", arch.capability_value());
                let ptx = output.join(&name);
                if compiles {
                    compile(CudaBuilder::new(SOURCE).arch(arch).build_args(arguments), &ptx);
                } else {
                    let packed = Path::new(PACKED).join(name).with_extension("ptx.z");
                    unpack(&packed, &ptx).unwrap_or_else(|error| fail(&error));
                }
            }
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

    /// Writes what was packed to a file, and the stream beside it.
    fn unpack(packed: &Path, ptx: &Path) -> io::Result<()> {
        println!("cargo::rerun-if-changed={}", packed.display());
        let named =
            |error: &dyn Display| io::Error::other(format!("{}: {error}", packed.display()));
        let stream = fs::read(packed).map_err(|error| named(&error))?;
        let text = decompress_to_vec_zlib(&stream).map_err(|error| named(&error))?;
        fs::write(ptx, text)?;
        fs::write(ptx.with_extension("ptx.z"), stream)
    }

    fn fail(error: &dyn Display) -> ! {
        eprintln!("{error}");
        process::exit(1)
    }
}
