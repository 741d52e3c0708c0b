//! Buffers kept between calls: page-faulting fresh memory costs about as much as encoding into it.

use super::choose::PreparedBatch;
use super::prepared::Prepared;
use super::write::WriteScratch;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Memory to encode a tensor in: the scratch of each stage, and the tiles that one hands to the
/// next.
#[derive(Default)]
pub struct Workspace {
    pub prepared: Prepared,
    pub preparing: Vec<PreparedBatch>,
    pub writing: WriteScratch,
}

/// The workspaces of calls that have ended, one for each of the most that ran at once.
#[derive(Clone, Default)]
pub struct Workspaces(Arc<Mutex<Vec<Workspace>>>);

impl Workspaces {
    /// Takes the workspace of an earlier call, or makes a new one.
    pub fn take(&self) -> Workspace {
        self.with(Vec::pop).unwrap_or_default()
    }

    /// Keeps the workspace for a later call.
    pub fn put(&self, workspace: Workspace) {
        self.with(|kept| kept.push(workspace));
    }

    /// A poisoned lock is no harm: the list is whole at every moment.
    fn with<T>(&self, act: impl FnOnce(&mut Vec<Workspace>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Workspaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Workspaces")
    }
}
