//! A device's context, in which all work on the device is done.
#![allow(unsafe_code)]

use super::allocator::{DriverAllocator, GpuAllocator};
use super::current::Current;
use super::device::{self, DeviceFacts};
use super::failed;
use super::ptx::{self, Image};
use super::raw::{RawContext, RawStream};
use crate::{Error, Result};
use cust::context::legacy::UnownedContext;
use cust::context::{Context, ContextHandle, CurrentContext};
use cust::device::Device;
use cust::memory::mem_get_info;
use cust::module::Module;
use cust::stream::{Stream, StreamFlags};
use std::sync::{Arc, OnceLock};

/// A device's context. Clones are the same context, which lives as long as any of them.
///
/// Objects made in a context (memory, streams, plans on the device) work with all others made in
/// it, by whichever [`GpuContext`], and with no objects of another context.
#[derive(Clone)]
pub struct GpuContext {
    inner: Arc<Inner>,
    allocator: Arc<dyn GpuAllocator>,
}

struct Inner {
    facts: DeviceFacts,
    handle: UnownedContext,
    /// The kernels of each image, once they are needed.
    modules: [OnceLock<Module>; Image::ALL.len()],
    /// The stream of the copies and fills that the host waits for.
    transfers: Option<Stream>,
    /// Kept alive, where it is ours to do so.
    _primary: Option<Context>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Where that fails the context is gone, and with it all that was made in it.
        let _current = Current::enter(&self.handle);
        self.modules.iter_mut().for_each(|module| drop(module.take()));
        self.transfers.take();
    }
}

/// Two are equal if they are the same context of the driver.
impl PartialEq for GpuContext {
    fn eq(&self, other: &Self) -> bool {
        self.raw() == other.raw()
    }
}

impl Eq for GpuContext {}

impl std::fmt::Debug for GpuContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let DeviceFacts { ordinal, name, .. } = &self.inner.facts;
        f.debug_struct("GpuContext")
            .field("ordinal", ordinal)
            .field("name", name)
            .finish_non_exhaustive()
    }
}

impl GpuContext {
    /// Opens the device with this ordinal, with its primary context, the one that PyTorch and the
    /// CUDA runtime use as well.
    ///
    /// # Errors
    /// [`Error::NoGpu`] where there is no such device; [`Error::Gpu`].
    pub fn open(ordinal: u32) -> Result<Self> {
        let device = device::by_ordinal(ordinal)?;
        let primary = Context::new(device).map_err(failed("create a context"))?;
        // SAFETY: the context is kept alive beside the handle.
        let handle = unsafe { UnownedContext::from_raw(primary.as_raw()) };
        Self::new(DeviceFacts::of(device, ordinal)?, handle, Some(primary))
    }

    /// Opens the device with this UUID, whatever its ordinal is in this process: the one in
    /// PyTorch's `torch.cuda.get_device_properties(0).uuid`, which `nvidia-smi -L` prints.
    ///
    /// # Errors
    /// As [`GpuContext::open`].
    pub fn open_uuid(uuid: [u8; 16]) -> Result<Self> {
        let is_it = |device: Device| Ok(device.uuid().map_err(failed("tell its UUID"))? == uuid);
        match device::find(is_it)? {
            Some(ordinal) => Self::open(ordinal),
            None => Err(Error::NoGpu { reason: format!("there is no device of UUID {uuid:02x?}") }),
        }
    }

    /// A context of the caller's, primary or not.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a null handle; [`Error::NoGpu`]; [`Error::Gpu`].
    ///
    /// # Safety
    /// The handle is that of a context of this process, which is not destroyed before everything
    /// that was made in it by this value and its clones has been dropped.
    pub unsafe fn from_raw(context: RawContext) -> Result<Self> {
        if context.0 == 0 {
            return Err(Error::InvalidArgument("the context has a null handle".into()));
        }
        device::count()?;
        // SAFETY: the caller's condition.
        let handle = unsafe { UnownedContext::from_raw(context.handle()) };
        let device = {
            let _current = Current::enter(&handle)?;
            CurrentContext::get_device().map_err(failed("tell its device"))?
        };
        let ordinal = device::find(|other| Ok(other == device))?.ok_or_else(|| Error::NoGpu {
            reason: "the context is of a device that the driver does not list".into(),
        })?;
        Self::new(DeviceFacts::of(device, ordinal)?, handle, None)
    }

    fn new(facts: DeviceFacts, handle: UnownedContext, primary: Option<Context>) -> Result<Self> {
        let (modules, transfers) = (Default::default(), None);
        let mut inner = Inner { facts, handle, modules, transfers, _primary: primary };
        let current = Current::enter(&inner.handle)?;
        let stream = Stream::new(StreamFlags::NON_BLOCKING, None);
        inner.transfers = Some(stream.map_err(failed("create a stream"))?);
        drop(current);
        Ok(Self { inner: Arc::new(inner), allocator: Arc::new(DriverAllocator) })
    }

    /// The same context, with device memory from this allocator for all that is made in it from
    /// here on.
    pub fn with_allocator(self, allocator: Arc<dyn GpuAllocator>) -> Self {
        Self { allocator, ..self }
    }

    /// The allocator of its device memory.
    pub(super) fn allocator(&self) -> &dyn GpuAllocator {
        &*self.allocator
    }

    /// Checks that `what` is of this context, as `other` is.
    pub(in crate::gpu) fn check_same(&self, of: &Self, what: &str, other: &str) -> Result<()> {
        if self == of {
            return Ok(());
        }
        Err(Error::InvalidArgument(format!(
            "{what} is of another context (GPU {}) than {other} (GPU {})",
            of.ordinal(),
            self.ordinal()
        )))
    }

    /// The context as the driver knows it.
    pub fn raw(&self) -> RawContext {
        RawContext(self.inner.handle.get_inner() as u64)
    }

    /// The device's ordinal.
    pub fn ordinal(&self) -> u32 {
        self.inner.facts.ordinal
    }

    /// The device's name.
    pub fn name(&self) -> &str {
        &self.inner.facts.name
    }

    /// Ten times the device's compute capability.
    pub fn capability(&self) -> u32 {
        self.inner.facts.capability
    }

    /// The device's multiprocessors.
    pub fn multiprocessors(&self) -> u32 {
        self.inner.facts.multiprocessors
    }

    /// Bytes of shared memory that each multiprocessor has.
    pub fn shared_bytes(&self) -> u32 {
        self.inner.facts.shared_bytes
    }

    /// Bytes of the device's memory that are free.
    ///
    /// # Errors
    /// [`Error::Gpu`].
    pub fn free_memory(&self) -> Result<u64> {
        let _current = self.enter()?;
        let (free, _) = mem_get_info().map_err(failed("tell its memory"))?;
        Ok(free as u64)
    }

    /// Makes the context the calling thread's until the returned value is dropped.
    pub(in crate::gpu) fn enter(&self) -> Result<Current> {
        Current::enter(&self.inner.handle)
    }

    /// The stream of the copies and fills that the host waits for.
    pub(super) fn transfers(&self) -> RawStream {
        let stream = self.inner.transfers.as_ref().expect("it is made with the context");
        RawStream(stream.as_inner() as u64)
    }

    /// The kernels of an image, which are loaded on first use. The driver compiles them, and caches
    /// the result for the next process.
    pub(super) fn module(&self, image: Image) -> Result<&Module> {
        let module = &self.inner.modules[image as usize];
        if let Some(module) = module.get() {
            return Ok(module);
        }
        let ptx = ptx::for_device(image, self.capability())?;
        let loaded = {
            let _current = self.enter()?;
            Module::from_ptx(ptx, &[]).map_err(failed("load the kernels"))?
        };
        if let Err(second) = module.set(loaded) {
            // Another thread loaded it first. The context must be current to unload a module.
            let _current = self.enter()?;
            drop(second);
        }
        Ok(module.get().expect("it was set above"))
    }
}
