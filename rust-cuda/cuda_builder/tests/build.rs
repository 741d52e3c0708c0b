//! Kernels go in, and the instructions that were meant come out.

use cuda_builder::{CudaBuilder, CudaBuilderError, NvvmArch};
use std::{fs, path::Path};

/// A builder for a crate beside this file. Each has a directory to build in, so that they can
/// be built at the same time.
fn builder(name: &str) -> CudaBuilder {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name);
    CudaBuilder::new(path).target_dir(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name))
}

fn ptx(arch: NvvmArch) -> String {
    let path = builder("kernels").arch(arch).build().unwrap_or_else(|error| panic!("{error}"));
    fs::read_to_string(path).unwrap()
}

/// Both architectures in one test, because they share what they build.
#[test]
fn kernels_become_the_instructions_that_were_meant() {
    let (turing, ampere) = (ptx(NvvmArch::Compute75), ptx(NvvmArch::Compute80));
    assert!(turing.contains(".target sm_75") && ampere.contains(".target sm_80"));
    for kernel in ["reverse", "two_arrays", "votes", "shuffles", "staged"] {
        assert!(turing.contains(&format!(".visible .entry {kernel}(")), "{kernel}");
    }
    for instruction in [
        ".shared .align 16 .b8 shared_array_kernels_0[1024];",
        ".shared .align 16 .b8 shared_array_kernels_1[32];",
        ".shared .align 16 .b8 shared_array_kernels_2[15];",
        ".extern .shared .align 16 .b8 dynsmem[];",
        "vote.sync.all.pred",
        "vote.sync.any.pred",
        "vote.sync.ballot.b32",
        "bar.warp.sync",
        "bar.sync",
        "shfl.sync.up.b32",
        "shfl.sync.down.b32",
        "shfl.sync.idx.b32",
        "shfl.sync.bfly.b32",
        "%laneid",
    ] {
        assert!(turing.contains(instruction), "{instruction} is not in\n{turing}");
    }
    assert!(!turing.contains("cp.async") && ampere.contains("cp.async.cg.shared.global"));
    assert!(!turing.contains("call"), "a function was not inlined:\n{turing}");
}

#[test]
fn the_error_holds_what_the_compiler_says() {
    match builder("broken").build() {
        Err(CudaBuilderError::BuildFailed(text)) => {
            assert!(text.contains("this is what the compiler says"), "{text}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_crate_that_is_not_there_is_named() {
    let error = builder("nothing").build().unwrap_err().to_string();
    assert!(error.contains("nothing"), "{error}");
}

#[test]
fn without_a_toolchain_the_error_names_the_command_to_run() {
    let error = CudaBuilderError::NoToolchain { tried: vec!["rustc".to_owned()] };
    assert!(error.to_string().contains("make setup"));
}
