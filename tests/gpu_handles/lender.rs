//! An allocator that gives memory which something else wrote to, and looks when it is given back.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use wcodec::Result;
use wcodec::gpu::{DeviceMemory, GpuAllocator, GpuContext};

/// The byte that all memory holds when it is lent.
pub const SECRET: u8 = 0xA5;

/// Lends memory of its own.
pub struct Lender {
    context: GpuContext,
    lent: Mutex<HashMap<u64, DeviceMemory>>,
    /// Called before anything is taken back.
    before_return: Box<dyn Fn() + Send + Sync>,
}

impl Lender {
    pub fn new(context: &GpuContext, before_return: impl Fn() + Send + Sync + 'static) -> Self {
        let (context, before_return) = (context.clone(), Box::new(before_return));
        Self { context, lent: Mutex::default(), before_return }
    }

    /// Pieces that are lent at the moment.
    pub fn lent(&self) -> usize {
        self.lent.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

// SAFETY: each piece is memory of its own in this context, as long as asked for, and used by
// nothing else until it is given back.
unsafe impl GpuAllocator for Lender {
    fn allocate(&self, bytes: u64) -> Result<u64> {
        let memory = DeviceMemory::new(&self.context, bytes)?;
        memory.fill(SECRET)?;
        let address = memory.address();
        self.lent.lock().unwrap_or_else(PoisonError::into_inner).insert(address, memory);
        Ok(address)
    }

    unsafe fn free(&self, address: u64, bytes: u64) {
        (self.before_return)();
        let memory = self.lent.lock().unwrap_or_else(PoisonError::into_inner).remove(&address);
        assert_eq!(memory.expect("it was lent, and once").len(), bytes);
    }
}
