//! GPUs, and tensors that are brought to their memory.

use crate::call::call;
use crate::convert::{Caller, wcodec_progress};
use crate::model::wcodec_model;
use crate::pointers::{Out, elements, free, object};
use crate::status::wcodec_status;
use std::collections::BTreeMap;
use std::ffi::{CString, c_char, c_void};
use std::ptr;
use std::sync::{Mutex, OnceLock, PoisonError};
use wcodec::gpu::{
    GpuContext, GpuDecoder, GpuLoader, GpuPackedKernels, GpuStream, LoadOptions, LoadTarget,
    RawContext, RawStream,
};
use wcodec::{Archive, Error, ModelTensor, Result};

/// An NVIDIA GPU, with what was loaded to it so far.
pub struct wcodec_gpu {
    decoder: GpuDecoder,
    name: CString,
    packed: OnceLock<GpuPackedKernels>,
    /// Made when something is loaded first, as it pins memory.
    loader: Mutex<Option<GpuLoader>>,
}

impl wcodec_gpu {
    fn new(context: &GpuContext) -> Result<Self> {
        let decoder = GpuDecoder::new(context)?;
        let name = CString::new(decoder.name()).unwrap_or_default();
        Ok(Self { decoder, name, packed: OnceLock::new(), loader: Mutex::new(None) })
    }

    /// The decoder.
    pub fn decoder(&self) -> &GpuDecoder {
        &self.decoder
    }

    /// The kernels of packed matrices, loaded when they are needed first.
    pub fn packed(&self) -> Result<&GpuPackedKernels> {
        if let Some(kernels) = self.packed.get() {
            return Ok(kernels);
        }
        let kernels = GpuPackedKernels::new(self.decoder.context())?;
        Ok(self.packed.get_or_init(|| kernels))
    }

    /// A stream of the caller's.
    ///
    /// # Safety
    /// It is a stream of this GPU's context, and outlives the value.
    pub unsafe fn stream(&self, stream: *mut c_void) -> GpuStream {
        // SAFETY: the caller's condition.
        unsafe { GpuStream::from_raw(self.decoder.context(), raw(stream)) }
    }
}

/// A stream of the caller's, a `cudaStream_t` or `CUstream`.
pub fn raw(stream: *mut c_void) -> RawStream {
    RawStream(stream as u64)
}

/// Opens the NVIDIA GPU of this ordinal in its primary context, the one that the CUDA runtime and
/// PyTorch use.
///
/// # Safety
/// `gpu` has room for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_gpu_open(ordinal: u32, gpu: *mut *mut wcodec_gpu) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        let out = unsafe { Out::new(gpu, "gpu") }?;
        out.put_new(wcodec_gpu::new(&GpuContext::open(ordinal)?)?);
        Ok(())
    })
}

/// Uses a context of the caller's, a `CUcontext`.
///
/// # Safety
/// The context outlives the GPU and all that is made with it; `gpu` has room for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_gpu_from_context(
    context: *mut c_void,
    gpu: *mut *mut wcodec_gpu,
) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        let out = unsafe { Out::new(gpu, "gpu") }?;
        // SAFETY: the caller's condition.
        let context = unsafe { GpuContext::from_raw(RawContext(context as u64)) }?;
        out.put_new(wcodec_gpu::new(&context)?);
        Ok(())
    })
}

/// The name of a GPU, such as "NVIDIA H200"; the text lives as long as the GPU. NULL for NULL.
///
/// # Safety
/// `gpu` is NULL, or open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_gpu_name(gpu: *const wcodec_gpu) -> *const c_char {
    // SAFETY: the caller's condition.
    unsafe { gpu.as_ref() }.map_or(ptr::null(), |gpu| gpu.name.as_ptr())
}

/// A tensor that is wanted in device memory, or some of its rows.
#[repr(C)]
pub struct wcodec_load_target {
    /// The tensor's number in the model.
    pub number: usize,
    /// The first row that is wanted, an index of the first dimension.
    pub first_row: u64,
    /// The row after the last; UINT64_MAX for all from the first on.
    pub end_row: u64,
    /// The device address of the first byte.
    pub address: u64,
}

impl wcodec_load_target {
    /// The archive and the target in it.
    fn find<'a>(&self, model: &'a wcodec_model) -> Result<(&'a Archive, LoadTarget<'a>)> {
        let tensor = model.tensor(self.number)?;
        let archive = tensor.archive().ok_or_else(|| not_compressed(&tensor))?;
        let target = LoadTarget::new(tensor.name(), self.address);
        Ok(match (self.first_row, self.end_row) {
            (0, u64::MAX) => (archive, target),
            (first, u64::MAX) => {
                let end = tensor.shape().iter().next().unwrap_or(first);
                (archive, target.rows(first..end))
            }
            (first, end) => (archive, target.rows(first..end)),
        })
    }
}

fn not_compressed(tensor: &ModelTensor<'_>) -> Error {
    Error::InvalidArgument(format!(
        "tensor {:?} lies in {}, which is no archive: compress it first, or read it to host memory",
        tensor.name(),
        tensor.file().display()
    ))
}

/// Brings tensors of a model's archives, or rows of them, to device memory of the caller's, and
/// returns when they are there. They are written after all earlier work on `stream`, which the host
/// does not wait for. `progress` may be NULL. One load of a GPU runs at a time; others wait.
///
/// After an error the memory holds nothing of use.
///
/// # Safety
/// There are as many targets; at the address of each there are as many bytes on the GPU as it has;
/// none overlap, and nothing else uses them meanwhile but for what was started on `stream` before,
/// a stream of the GPU's context.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_gpu_load(
    gpu: *const wcodec_gpu,
    model: *const wcodec_model,
    targets: *const wcodec_load_target,
    count: usize,
    stream: *mut c_void,
    progress: wcodec_progress,
    data: *mut c_void,
) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        let (gpu, model, targets, progress) = unsafe {
            let targets = elements(targets, count, "targets")?;
            let progress = Caller::new(progress, data);
            (object(gpu, "gpu")?, object(model, "model")?, targets, progress)
        };
        // By the file that they lie in.
        let mut files: BTreeMap<_, (&Archive, Vec<LoadTarget<'_>>)> = BTreeMap::new();
        for target in targets {
            let (archive, target) = target.find(model)?;
            let file = files.entry(ptr::from_ref(archive)).or_insert((archive, Vec::new()));
            file.1.push(target);
        }
        let mut loader = gpu.loader.lock().unwrap_or_else(PoisonError::into_inner);
        // One that failed may have been left half done.
        let mut current = match loader.take() {
            Some(loader) => loader,
            None => GpuLoader::new(&gpu.decoder, LoadOptions::new())?,
        };
        // SAFETY: the caller's condition.
        let stream = unsafe { gpu.stream(stream) };
        for (archive, targets) in files.values() {
            // SAFETY: the caller's condition.
            unsafe { current.load_into(*archive, targets, &stream, &progress) }?;
        }
        *loader = Some(current);
        Ok(())
    })
}

/// Frees a GPU. Matrices that were packed on it stay.
///
/// # Safety
/// It is NULL, or an open GPU that nothing uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_gpu_free(gpu: *mut wcodec_gpu) {
    // SAFETY: the caller's condition.
    unsafe { free(gpu) };
}
