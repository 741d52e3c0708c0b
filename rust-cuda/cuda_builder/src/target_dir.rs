//! The folder that the kernels are built in.

use std::{
    env,
    path::{Path, PathBuf},
};

/// A directory of its own in the target directory of the outer build: cargo locks the one it
/// builds in, and the outer cargo holds that lock while it waits for us. Debug and release
/// builds share it, so that `core` is compiled once.
///
/// Outside a build script it is `target/cuda-builder` in the kernel crate.
pub fn choose(krate: &Path) -> PathBuf {
    match env::var_os("OUT_DIR") {
        Some(output) => outer(Path::new(&output)).join("cuda-builder"),
        None => krate.join("target/cuda-builder"),
    }
}

/// The outermost of `output`'s parents that cargo has marked as a target directory, or
/// `output` itself where it has marked none.
fn outer(output: &Path) -> &Path {
    let marked = |path: &&Path| path.join("CACHEDIR.TAG").is_file();
    output.ancestors().filter(marked).last().unwrap_or(output)
}
