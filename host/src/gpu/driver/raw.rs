//! Handles of the driver's, as callers pass them in and out.

use cust::sys::{CUcontext, CUstream};

/// A context of the caller's, by the address that the driver knows it by (a `CUcontext`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawContext(pub u64);

impl RawContext {
    pub(super) fn handle(self) -> CUcontext {
        self.0 as CUcontext
    }
}

/// A stream of the caller's, by the address that the driver knows it by (a `CUstream`); 0 is the
/// default stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawStream(pub u64);

impl RawStream {
    pub(super) fn handle(self) -> CUstream {
        self.0 as CUstream
    }
}
