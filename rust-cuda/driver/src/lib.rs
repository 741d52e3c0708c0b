//! The CUDA driver's functions, as `cust` links them, without linking the CUDA driver.
//!
//! A program that is linked with `libcuda` does not start on a machine that has no NVIDIA
//! driver. This crate defines the `cu*` symbols itself. Each loads `libcuda.so.1` on first use
//! and calls the function of that name there, and where there is no driver it returns
//! `CUDA_ERROR_NO_DEVICE`, so that `cust::init` fails with an ordinary error.
//!
//! It also stands between the driver's result codes and `cust`, in which they are a Rust enum:
//! a code that `cust` does not know becomes `CUDA_ERROR_UNKNOWN`.
//!
//! A program needs one mention of this crate, to link it; [`status`] is a good one:
//!
//! ```
//! println!("{}", cuda_driver::status());
//! ```
//!
//! At build time `cust` still looks for a CUDA installation: `.cargo/config.toml` points it to
//! an empty archive in this crate's directory `link`.

mod abi;
mod forward;
mod functions;
mod library;
mod result;

pub use library::{DriverStatus, status};
