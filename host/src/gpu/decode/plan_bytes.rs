//! The bytes of a plan, in ordinary memory or in pinned.

use crate::Result;
use crate::gpu::driver::{GpuContext, PinnedMemory};

/// Bytes that are copied to a workspace.
pub enum PlanBytes {
    Pageable(Vec<u8>),
    Pinned(PinnedMemory),
}

impl PlanBytes {
    pub fn as_slice(&self) -> &[u8] {
        match self {
            Self::Pageable(bytes) => bytes,
            Self::Pinned(bytes) => bytes,
        }
    }

    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        match self {
            Self::Pageable(bytes) => bytes,
            Self::Pinned(bytes) => bytes,
        }
    }

    /// Moves them to pinned memory.
    ///
    /// # Errors
    /// [`crate::Error::OutOfMemory`]; [`crate::Error::Gpu`].
    pub fn pin(&mut self, context: &GpuContext) -> Result<()> {
        if let Self::Pageable(bytes) = self {
            let mut pinned = PinnedMemory::new(context, bytes.len())?;
            pinned.copy_from_slice(bytes);
            *self = Self::Pinned(pinned);
        }
        Ok(())
    }
}
