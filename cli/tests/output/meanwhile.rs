//! Something done to the file system in the middle of a conversion.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Once;
use wcodec::convert::Progress;

/// Does something once, when the first tensor is at hand: after all that is checked before work,
/// and before anything is finished.
pub struct Meanwhile<F> {
    action: F,
    once: Once,
}

pub fn meanwhile<F: Fn() + Sync>(action: F) -> Meanwhile<F> {
    Meanwhile { action, once: Once::new() }
}

impl<F> Meanwhile<F> {
    #[track_caller]
    pub fn has_happened(&self) {
        assert!(self.once.is_completed(), "nothing was done meanwhile");
    }
}

impl<F: Fn() + Sync> Progress for Meanwhile<F> {
    fn tensor(&self, _: &Path, _: &str) -> ControlFlow<()> {
        self.once.call_once(&self.action);
        ControlFlow::Continue(())
    }
}
