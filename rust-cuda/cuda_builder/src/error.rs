//! The errors of a build.

use std::{error::Error, fmt, io, path::PathBuf};

/// Why there is no PTX.
#[derive(Debug)]
#[non_exhaustive]
pub enum CudaBuilderError {
    /// No `Cargo.toml` in this directory.
    CratePathDoesntExist(PathBuf),
    /// No compiler that has the source of `core` beside it.
    NoToolchain {
        /// The compilers tried, each with the place where the source was looked for.
        tried: Vec<String>,
    },
    /// The compiler refused the kernels; this is its standard error.
    BuildFailed(String),
    /// A program could not be started, or a file not be written.
    Io(io::Error),
}

impl fmt::Display for CudaBuilderError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CratePathDoesntExist(path) => {
                write!(out, "there is no crate of kernels in {}", path.display())
            }
            Self::NoToolchain { tried } => write!(
                out,
                "GPU kernels are compiled with the source of `core`, and no compiler here has \
                 it.\nTo install it, run `make setup` (on Debian: `apt-get install -y rustc-web \
                 rust-web-src`; with rustup: `rustup component add rust-src`).\nTried: {}",
                tried.join("; ")
            ),
            Self::BuildFailed(stderr) => {
                write!(out, "the GPU kernels do not compile:\n{stderr}")
            }
            Self::Io(error) => write!(out, "building the GPU kernels: {error}"),
        }
    }
}

impl Error for CudaBuilderError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for CudaBuilderError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
