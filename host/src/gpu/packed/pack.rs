//! From BF16 weights in device memory to a packed matrix.
#![allow(unsafe_code)]

use super::kernels::GpuPackedKernels;
use super::matrix::GpuPackedMatrix;
use super::rows::{GpuRows, RawRows};
use crate::gpu::driver::{DeviceMemory, GpuStream};
use crate::panic::catch_panic;
use crate::{Error, Result};
use std::sync::Arc;
use wcodec_codec::packed::{Form, Histogram, Layout, Scale, Survey};
use wcodec_kernels::packed::launch::{self, DeviceMatrix, Kernel, PackWorkspace};

impl GpuPackedMatrix {
    /// Packs weights in a form, or whole where that would not make them smaller; waits until it is
    /// done.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where the weights are of another context than the kernels;
    /// [`Error::OutOfMemory`]; [`Error::Gpu`].
    pub fn pack(kernels: &GpuPackedKernels, weights: &GpuRows<'_>, form: Form) -> Result<Self> {
        let context = kernels.context();
        context.check_same(weights.memory.context(), "the memory", "the kernels")?;
        let stream = kernels.stream();
        // SAFETY: the rows are in the memory, which is read in turn with its other uses.
        let pack = || unsafe { Self::pack_raw(kernels, weights.raw, form, stream) };
        catch_panic("pack", || weights.memory.use_on(stream, pack))
    }

    /// As [`GpuPackedMatrix::pack`], for weights at an address of the caller's, after what the
    /// stream was given before.
    ///
    /// # Errors
    /// As [`GpuPackedMatrix::pack`].
    ///
    /// # Safety
    /// The weights are readable by work on the stream, a stream of the kernels' context, until this
    /// returns.
    pub unsafe fn pack_raw(
        kernels: &GpuPackedKernels,
        weights: RawRows,
        form: Form,
        stream: &GpuStream,
    ) -> Result<Self> {
        kernels.context().check_same(stream.context(), "the stream", "the kernels")?;
        let shape = weights.shape();
        let sizes = PackWorkspace { blocks: shape.blocks(), steps: shape.steps() };
        let workspace = DeviceMemory::new(kernels.context(), sizes.len())?;
        let work = Work { kernels, weights, workspace: &workspace, stream };
        // SAFETY: the caller's condition.
        let (survey, packed) = unsafe {
            let survey = Survey::new(shape, form, &work.survey()?);
            (survey, work.pack(&survey, &sizes)?)
        };
        let Survey { form, scale, exceptions } = survey;
        let found = if form.has_exceptions() { work.exceptions()? } else { 0 };
        if found > u64::from(exceptions) {
            let reason = "the weights changed while they were packed".to_owned();
            return Err(Error::Gpu { action: "pack a matrix", reason });
        }
        let layout = Layout { shape, form, exceptions: found as u32 };
        clear_gap(&packed, &layout)?;
        Ok(Self { kernels: kernels.clone(), memory: Arc::new(packed), layout, scale })
    }
}

/// Weights on their way to a packed matrix.
struct Work<'a> {
    kernels: &'a GpuPackedKernels,
    weights: RawRows,
    workspace: &'a DeviceMemory,
    stream: &'a GpuStream,
}

impl Work<'_> {
    /// Counts the weights' exponents.
    ///
    /// # Safety
    /// The weights are readable.
    unsafe fn survey(&self) -> Result<Histogram> {
        let shape = self.weights.shape();
        let argument = launch::Survey {
            source: self.weights.rows(),
            histogram: self.workspace.address() + PackWorkspace::HISTOGRAM,
            rows: shape.rows(),
            columns: shape.columns(),
        };
        let (blocks, stream) = (self.kernels.survey_blocks(shape.rows()), self.stream.raw());
        // SAFETY: the caller's condition, and the histogram is in the workspace.
        unsafe { self.kernels.launch(Kernel::Survey, blocks, &argument, stream) }?;
        self.stream.wait()?;
        let mut histogram: Histogram = [0; 256];
        let bytes = bytemuck::cast_slice_mut(&mut histogram);
        self.workspace.read(PackWorkspace::HISTOGRAM, bytes)?;
        Ok(histogram)
    }

    /// Packs the weights as the survey says, and waits.
    ///
    /// # Safety
    /// The weights are readable.
    unsafe fn pack(&self, survey: &Survey, sizes: &PackWorkspace) -> Result<DeviceMemory> {
        let Survey { form, scale, exceptions } = *survey;
        let layout = Layout { shape: self.weights.shape(), form, exceptions };
        let context = self.kernels.context();
        let blocks = layout.shape.blocks();
        if blocks == 0 {
            return DeviceMemory::new(context, layout.len());
        }
        let packed = DeviceMemory::uninitialised(context, layout.len())?;
        let argument = self.argument(&packed, &layout, scale, sizes);
        let kernels: &[Kernel] = match form {
            Form::Fast => &[Kernel::PackFast, Kernel::Scan, Kernel::GatherFast],
            _ => &[Kernel::PackWhole],
        };
        for &kernel in kernels {
            // SAFETY: the caller's condition; the memory and the workspace are as long as the
            // layout and the sizes say, and the kernels come in the order in which they need each
            // other.
            unsafe { self.kernels.launch(kernel, blocks, &argument, self.stream.raw()) }?;
        }
        self.stream.wait()?;
        Ok(packed)
    }

    fn argument(
        &self,
        packed: &DeviceMemory,
        layout: &Layout,
        scale: Scale,
        sizes: &PackWorkspace,
    ) -> launch::Pack {
        launch::Pack {
            matrix: DeviceMatrix::new(packed.address(), layout, scale),
            source: self.weights.rows(),
            workspace: self.workspace.address(),
            flags_at: sizes.flags_at(),
            exception_room: layout.exceptions,
            scale: scale.exponent().into(),
        }
    }

    /// How many exceptions were found.
    fn exceptions(&self) -> Result<u64> {
        if self.weights.shape().blocks() == 0 {
            return Ok(0);
        }
        let mut total = [0; 8];
        self.workspace.read(PackWorkspace::TOTAL, &mut total)?;
        Ok(u64::from_le_bytes(total))
    }
}

/// Writes zeros between row starts and exceptions, as the CPU has there.
fn clear_gap(packed: &DeviceMemory, layout: &Layout) -> Result<()> {
    let end = layout.row_starts_at() + 4 * u64::from(layout.row_starts());
    packed.write(end, &[0; 16][..(layout.exceptions_at() - end) as usize])
}
