//! The calling thread's current context, changed and restored.

use super::failed;
use crate::Result;
use cust::context::legacy::{ContextStack, UnownedContext};
use std::marker::PhantomData;

/// A context is current on this thread until this value is dropped; then the one before it is
/// again.
pub struct Current {
    // Each thread has a stack of its own, so that the value must not leave its thread.
    this_thread: PhantomData<*mut ()>,
}

impl Current {
    /// Makes a context current.
    pub fn enter(context: &UnownedContext) -> Result<Self> {
        ContextStack::push(context).map_err(failed("set its context"))?;
        Ok(Self { this_thread: PhantomData })
    }
}

impl Drop for Current {
    fn drop(&mut self) {
        // Popping fails only where the driver is shutting down, and no context is of use then.
        let _ = ContextStack::pop();
    }
}
