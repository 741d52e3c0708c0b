//! A load in progress.

use super::reader::{Reader, wait_for_all};
use super::tensors::{Front, check_tiles};
use super::workspaces::Workspaces;
use crate::gpu::driver::{GpuEvent, GpuStream};
use crate::{BlobSource, Result};

/// A load of which everything was read and all work on the device was started. It is waited for
/// when it is dropped, if not before.
#[must_use = "damage is told by `PendingLoad::wait` alone"]
pub struct PendingLoad<'a> {
    pub(super) readers: &'a [Reader],
    pub(super) decoding: &'a GpuStream,
    pub(super) source: &'a dyn BlobSource,
    pub(super) fronts: Vec<Front>,
    pub(super) workspaces: Workspaces,
    pub(super) done: GpuEvent,
}

impl PendingLoad<'_> {
    /// The event that is reached when the tensors are in their places: work of other streams can be
    /// started after it ([`crate::gpu::GpuStream::wait_for`]) without the host waiting.
    pub fn event(&self) -> &GpuEvent {
        &self.done
    }

    /// Waits for the tensors, and checks that each tile ended as it must.
    ///
    /// # Errors
    /// [`crate::Error::Corrupt`] naming tensor and tile, after which the memory holds nothing of
    /// use; [`crate::Error::Gpu`].
    pub fn wait(self) -> Result<()> {
        wait_for_all(self.readers, self.decoding)?;
        check_tiles(self.source, &self.fronts, &self.workspaces.corrupt_tiles()?)
    }
}

impl Drop for PendingLoad<'_> {
    fn drop(&mut self) {
        // Before the memory is freed that the device works in. Where waiting fails the context is
        // gone, and its kernels.
        let _ = wait_for_all(self.readers, self.decoding);
    }
}
