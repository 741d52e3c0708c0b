//! Compiles a crate of GPU kernels to PTX, from a build script.
//!
//! ```no_run
//! use cuda_builder::{CudaBuilder, NvvmArch};
//!
//! let output = std::env::var("OUT_DIR").unwrap();
//! CudaBuilder::new("gpu-kernels")
//!     .arch(NvvmArch::Compute80)
//!     .copy_to(format!("{output}/kernels.ptx"))
//!     .build()
//!     .unwrap_or_else(|error| panic!("{error}"));
//! ```
//!
//! The interface is that of Rust-CUDA's crate of this name. The compiler is rustc's own NVPTX
//! backend, which needs the source of `core` as well: see [`Toolchain`].
//!
//! Builds for several architectures share everything but the kernel crate itself, so that each
//! one after the first takes a fraction of the time.

mod arch;
mod cargo;
mod error;
mod rerun;
mod target_dir;
mod toolchain;

pub use arch::NvvmArch;
pub use error::CudaBuilderError;
pub use toolchain::Toolchain;

use std::path::{Path, PathBuf};

/// A build: the crate, the target, and the place of the PTX.
#[derive(Clone, Debug)]
pub struct CudaBuilder {
    path_to_crate: PathBuf,
    /// The architecture whose instructions the PTX may use. Every newer GPU runs it too.
    pub arch: NvvmArch,
    /// The place of the PTX; `None` is a file in the directory that the kernels are built in.
    pub ptx_file_copy_path: Option<PathBuf>,
    /// The directory that the kernels are built in; `None` is `cuda-builder` in the target
    /// directory of the build that runs the build script.
    pub target_dir: Option<PathBuf>,
    /// Further arguments for cargo.
    pub build_args: Vec<String>,
}

impl CudaBuilder {
    /// A builder for the crate whose `Cargo.toml` lies in `path_to_crate_root`, relative to the
    /// working directory, which in a build script is that of the package being built.
    pub fn new(path_to_crate_root: impl AsRef<Path>) -> Self {
        Self {
            path_to_crate: path_to_crate_root.as_ref().to_owned(),
            arch: NvvmArch::default(),
            ptx_file_copy_path: None,
            target_dir: None,
            build_args: Vec::new(),
        }
    }

    /// Sets [`arch`](Self::arch).
    pub fn arch(mut self, arch: NvvmArch) -> Self {
        self.arch = arch;
        self
    }

    /// Sets [`ptx_file_copy_path`](Self::ptx_file_copy_path).
    pub fn copy_to(mut self, path: impl AsRef<Path>) -> Self {
        self.ptx_file_copy_path = Some(path.as_ref().to_owned());
        self
    }

    /// Sets [`target_dir`](Self::target_dir).
    pub fn target_dir(mut self, path: impl AsRef<Path>) -> Self {
        self.target_dir = Some(path.as_ref().to_owned());
        self
    }

    /// Adds to [`build_args`](Self::build_args).
    pub fn build_args(mut self, arguments: &[impl AsRef<str>]) -> Self {
        self.build_args.extend(arguments.iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// Compiles the kernels and returns where the PTX is.
    ///
    /// In a build script it also tells cargo which files to watch, and passes the compiler's
    /// warnings on.
    ///
    /// # Errors
    ///
    /// Where there is no crate at the path, no compiler with the source of `core`, or the compiler
    /// refuses the kernels; the last error holds the compiler's messages.
    pub fn build(self) -> Result<PathBuf, CudaBuilderError> {
        let krate = std::path::absolute(&self.path_to_crate)?;
        if !krate.join("Cargo.toml").is_file() {
            return Err(CudaBuilderError::CratePathDoesntExist(krate));
        }
        rerun::watch(&krate);
        let toolchain = Toolchain::find()?;
        let target_dir = match &self.target_dir {
            Some(path) => std::path::absolute(path)?,
            None => target_dir::choose(&krate),
        };
        let ptx = match &self.ptx_file_copy_path {
            Some(path) => std::path::absolute(path)?,
            None => target_dir.join(format!("kernels_sm_{}.ptx", self.arch.capability_value())),
        };
        let build = cargo::Build { builder: &self, krate, toolchain, target_dir, ptx };
        build.run()?;
        rerun::watch_dependencies(&build.release_dir());
        Ok(build.ptx)
    }
}
