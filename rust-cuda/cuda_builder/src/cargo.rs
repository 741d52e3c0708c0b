//! The inner cargo.

use crate::{CudaBuilder, CudaBuilderError, Toolchain};
use std::{
    env, fs,
    path::PathBuf,
    process::{Command, Output},
};

/// The target that rustc's NVPTX backend compiles for.
const TARGET: &str = "nvptx64-nvidia-cuda";

/// Variables that the outer cargo sets for a build script, or a user for the outer build, and
/// that would change the inner one.
const FOREIGN: [&str; 16] = [
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "CARGO_MAKEFLAGS",
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_LINKS",
    "CARGO_MANIFEST_PATH",
    "CARGO_TARGET_DIR",
    "DEBUG",
    "HOST",
    "NUM_JOBS",
    "OPT_LEVEL",
    "OUT_DIR",
    "PROFILE",
    "RUSTDOC",
    "RUSTFLAGS",
    "TARGET",
];

/// The same, by how they begin.
const FOREIGN_PREFIXES: [&str; 5] =
    ["CARGO_CFG_", "CARGO_FEATURE_", "CARGO_PKG_", "CARGO_PROFILE_", "CARGO_TARGET_NVPTX64_"];

/// The release profile, whatever the workspace makes of it for the host. Without the first
/// two, functions of other crates stay calls, and a call in a kernel costs a stack.
const PROFILE: [(&str, &str); 7] = [
    ("CARGO_PROFILE_RELEASE_LTO", "fat"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1"),
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "3"),
    ("CARGO_PROFILE_RELEASE_PANIC", "abort"),
    ("CARGO_PROFILE_RELEASE_DEBUG", "false"),
    ("CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS", "false"),
    ("CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS", "false"),
];

/// One run of cargo.
pub struct Build<'a> {
    pub builder: &'a CudaBuilder,
    pub krate: PathBuf,
    pub toolchain: Toolchain,
    pub target_dir: PathBuf,
    pub ptx: PathBuf,
}

impl Build<'_> {
    /// Compiles the kernels into [`ptx`](Self::ptx).
    pub fn run(&self) -> Result<(), CudaBuilderError> {
        // An older file must not pass for the result.
        match fs::remove_file(&self.ptx) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let output = self.command().output()?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        self.check(&output, &stderr)?;
        pass_on_warnings(&stderr);
        Ok(())
    }

    /// The folder of cargo's outputs.
    pub fn release_dir(&self) -> PathBuf {
        self.target_dir.join(TARGET).join("release")
    }

    fn check(&self, output: &Output, stderr: &str) -> Result<(), CudaBuilderError> {
        if !output.status.success() {
            return Err(CudaBuilderError::BuildFailed(stderr.to_owned()));
        }
        if !self.ptx.is_file() {
            let text = format!("the compiler wrote no {}\n{stderr}", self.ptx.display());
            return Err(CudaBuilderError::BuildFailed(text));
        }
        Ok(())
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        self.set_environment(&mut command);
        command
            .current_dir(&self.krate)
            .args(["rustc", "--quiet", "--lib", "--release", "--crate-type=cdylib"])
            .args(["--target", TARGET, "-Zbuild-std=core", "--target-dir"])
            .arg(&self.target_dir)
            .args(&self.builder.build_args)
            .arg("--")
            .args(self.rustc_arguments());
        command
    }

    /// The arguments for the kernel crate alone. The architecture is among them, and not in
    /// the flags for all crates, so that `core` serves every architecture: what the kernels
    /// call is compiled with them, from bitcode.
    fn rustc_arguments(&self) -> [String; 4] {
        let arch = self.builder.arch;
        [
            format!("--emit=asm={}", self.ptx.display()),
            // There is nothing to link, and no linker for this target need be there.
            "-Clinker=true".to_owned(),
            format!("-Ctarget-cpu=sm_{}", arch.capability_value()),
            format!("-Ctarget-feature=+ptx{}", arch.ptx_version()),
        ]
    }

    fn set_environment(&self, command: &mut Command) {
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            let foreign = FOREIGN.contains(&&*text)
                || FOREIGN_PREFIXES.iter().any(|prefix| text.starts_with(prefix));
            if foreign {
                command.env_remove(&name);
            }
        }
        command
            .env("RUSTC", self.toolchain.rustc())
            // Empty turns a wrapper off, also one that cargo's configuration names.
            .env("RUSTC_WRAPPER", "")
            .env("RUSTC_WORKSPACE_WRAPPER", "")
            // Overrides flags from cargo's configuration, which are meant for the host.
            .env("CARGO_ENCODED_RUSTFLAGS", "")
            // The target's features and `-Zbuild-std` are not stable.
            .env("RUSTC_BOOTSTRAP", "1")
            .envs(PROFILE);
    }
}

/// Repeats the compiler's warnings as those of the build script, but for the one that rustc
/// has for every `ptx` feature.
fn pass_on_warnings(stderr: &str) {
    let blocks = stderr.split("\n\n").filter(|block| !block.contains("`-Ctarget-feature`"));
    for line in blocks.flat_map(str::lines).filter(|line| !line.trim().is_empty()) {
        println!("cargo::warning={line}");
    }
}
