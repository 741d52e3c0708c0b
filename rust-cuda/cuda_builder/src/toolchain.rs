//! The compiler to use.

use crate::CudaBuilderError;
use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

/// The compiler that Debian's packages `rustc-web` and `rust-web-src` install.
const SYSTEM_RUSTC: &str = "/usr/bin/rustc";

/// A compiler that can build `core` for the GPU, because it has the source of `core`.
///
/// The source must be that of the very compiler: one from another release does not compile.
#[derive(Clone, Debug)]
pub struct Toolchain {
    rustc: OsString,
    sysroot: PathBuf,
}

impl Toolchain {
    /// The toolchain in use, if it has the component `rust-src`, or else the system's.
    ///
    /// # Errors
    ///
    /// [`CudaBuilderError::NoToolchain`] where neither has the source.
    pub fn find() -> Result<Self, CudaBuilderError> {
        let active = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let mut tried = Vec::new();
        for rustc in [active, SYSTEM_RUSTC.into()] {
            let name = rustc.to_string_lossy().into_owned();
            match sysroot(&rustc) {
                Some(sysroot) if core_source(&sysroot).is_file() => {
                    return Ok(Self { rustc, sysroot });
                }
                Some(sysroot) => {
                    tried.push(format!("{name} ({} is missing)", core_source(&sysroot).display()));
                }
                None => tried.push(format!("{name} (does not run)")),
            }
        }
        Err(CudaBuilderError::NoToolchain { tried })
    }

    /// The compiler, as a path or a name to be found in `PATH`.
    pub fn rustc(&self) -> &Path {
        Path::new(&self.rustc)
    }

    /// The directory that the compiler is installed in.
    pub fn sysroot(&self) -> &Path {
        &self.sysroot
    }
}

/// The folder in which cargo looks for the source of `core`.
fn core_source(sysroot: &Path) -> PathBuf {
    sysroot.join("lib/rustlib/src/rust/library/core/src/lib.rs")
}

/// The directory that `rustc` says it is installed in, or `None` where it does not run.
fn sysroot(rustc: &OsString) -> Option<PathBuf> {
    let output = Command::new(rustc).args(["--print", "sysroot"]).output().ok()?;
    let path = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| PathBuf::from(path.trim_end()))
}
