//! Compiles the GPU kernels to PTX, once for each set of instructions worth using.
//!
//! A GPU runs the newest of them that it supports: `sm_75` has no asynchronous copies, `sm_80` and
//! newer GPUs have them.

use cuda_builder::{CudaBuilder, NvvmArch};
use std::{env, path::PathBuf, process};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let output = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    for arch in [NvvmArch::Compute75, NvvmArch::Compute80] {
        let ptx = output.join(format!("kernels_sm_{}.ptx", arch.capability_value()));
        let build = CudaBuilder::new("gpu-kernels").arch(arch).copy_to(ptx).build();
        if let Err(error) = build {
            eprintln!("{error}");
            process::exit(1);
        }
    }
}
