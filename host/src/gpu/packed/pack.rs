//! From BF16 weights in device memory to a packed matrix.
#![allow(unsafe_code)]

use super::kernels::GpuPackedKernels;
use super::matrix::GpuPackedMatrix;
use super::rows::{GpuRows, RawRows};
use crate::gpu::driver::{DeviceMemory, GpuStream};
use crate::panic::catch_panic;
use crate::{Error, Result};
use std::sync::Arc;
use wcodec_codec::packed::{Form, Layout, Scale, Shape, most_exceptions, sample_distance};
use wcodec_kernels::packed::launch::{self, DeviceMatrix, Kernel, PackWorkspace};

/// Exceptions that there is room for at first: one for so many weights. A Gaussian has one in
/// 10,000.
const WEIGHTS_AN_EXCEPTION: u64 = 2048;
/// The first room of small matrices.
const LEAST_ROOM: u64 = 256;

impl GpuPackedMatrix {
    /// Packs weights in a form, or whole where that would not make them smaller, and waits until
    /// that is done.
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
        let sizes = sizes(weights.shape());
        let workspace = kernels.take_workspace(sizes.len())?;
        let work = Work { kernels, weights, workspace, sizes, stream };
        // SAFETY: the caller's condition.
        let packed = unsafe { work.pack(form) }?;
        // Where there was an error, the workspace may not be zero.
        kernels.give_workspace(work.workspace);
        Ok(packed)
    }
}

/// The workspace of a matrix of this shape.
pub(super) fn sizes(shape: Shape) -> PackWorkspace {
    PackWorkspace { blocks: shape.blocks(), steps: shape.steps() }
}

/// Weights on their way to a packed matrix.
pub(super) struct Work<'a> {
    pub(super) kernels: &'a GpuPackedKernels,
    pub(super) weights: RawRows,
    /// As long as the sizes say, and zero where the kernels say so.
    pub(super) workspace: DeviceMemory,
    pub(super) sizes: PackWorkspace,
    pub(super) stream: &'a GpuStream,
}

impl Work<'_> {
    /// Packs with a scale chosen from a sample, or from all weights where too many have no code in
    /// that, or else whole.
    ///
    /// # Safety
    /// The weights are readable.
    unsafe fn pack(&self, form: Form) -> Result<GpuPackedMatrix> {
        let shape = self.weights.shape();
        let most = most_exceptions(shape);
        let distances = [sample_distance(shape), 1];
        let distances = if distances[0] == 1 { &distances[1..] } else { &distances[..] };
        for &distance in distances.iter().filter(|_| form != Form::Whole) {
            // SAFETY: the caller's condition.
            if let Some(packed) = unsafe { self.pack_within(form, distance, most) }? {
                return Ok(packed);
            }
        }
        let layout = Layout { shape, form: Form::Whole, exceptions: 0 };
        let memory = DeviceMemory::uninitialised(self.kernels.context(), layout.len())?;
        // SAFETY: the caller's condition.
        unsafe { self.launch(&memory, &layout, 1) }?;
        self.stream.wait()?;
        Ok(self.matrix(memory, layout, Scale::default()))
    }

    /// Packs with a scale chosen from steps of this distance; `None` where there are more than
    /// `most` exceptions.
    ///
    /// # Safety
    /// As [`Work::pack`].
    unsafe fn pack_within(
        &self,
        form: Form,
        distance: u64,
        most: u32,
    ) -> Result<Option<GpuPackedMatrix>> {
        let shape = self.weights.shape();
        let first = (shape.weights() / WEIGHTS_AN_EXCEPTION).max(LEAST_ROOM);
        let mut room = u64::from(most).min(first) as u32;
        // There is room for all exceptions the second time, if not the first.
        for _ in 0..2 {
            let layout = Layout { shape, form, exceptions: room };
            let memory = DeviceMemory::uninitialised(self.kernels.context(), layout.len())?;
            // SAFETY: the caller's condition.
            unsafe { self.launch(&memory, &layout, distance) }?;
            let (found, scale) = self.outcome()?;
            if found > u64::from(most) {
                return Ok(None);
            }
            if found <= u64::from(room) {
                let layout = Layout { exceptions: found as u32, ..layout };
                return Ok(Some(self.matrix(memory, layout, scale)));
            }
            room = found as u32;
        }
        let reason = "the weights changed while they were packed".to_owned();
        Err(Error::Gpu { action: "pack a matrix", reason })
    }

    fn matrix(&self, memory: DeviceMemory, layout: Layout, scale: Scale) -> GpuPackedMatrix {
        let kernels = self.kernels.clone();
        GpuPackedMatrix { kernels, memory: Arc::new(memory), layout, scale }
    }

    /// Starts to pack to memory of this layout.
    ///
    /// # Safety
    /// As [`Work::pack`], and the memory is as long as the layout says.
    pub(super) unsafe fn launch(
        &self,
        packed: &DeviceMemory,
        layout: &Layout,
        distance: u64,
    ) -> Result<()> {
        let blocks = layout.shape.blocks();
        if blocks == 0 {
            // There is one row start all the same.
            return packed.fill(0);
        }
        let argument = launch::Pack {
            matrix: DeviceMatrix::new(packed.address(), layout, Scale::default()),
            source: self.weights.rows(),
            workspace: self.workspace.address(),
            flags_at: self.sizes.flags_at(),
            sample_distance: distance,
            exception_room: layout.exceptions,
            padding: 0,
        };
        let sampled = (u64::from(blocks) * u64::from(layout.shape.steps())).div_ceil(distance);
        let surveyed = self.kernels.survey_blocks(sampled);
        let kernels: &[(Kernel, u32)] = match layout.form {
            Form::Whole => &[(Kernel::PackWhole, blocks)],
            _ => &[
                (Kernel::Survey, surveyed),
                (Kernel::PackFast, blocks),
                (Kernel::Scan, 1),
                (Kernel::GatherFast, blocks),
            ],
        };
        for &(kernel, blocks) in kernels {
            // SAFETY: the caller's condition; the memory and the workspace are as long as the
            // layout and the sizes say, and the kernels come in the order in which they need each
            // other.
            unsafe { self.kernels.launch(kernel, [blocks, 1, 1], &argument, self.stream.raw()) }?;
        }
        Ok(())
    }

    /// How many exceptions were found, and the scale that was chosen.
    fn outcome(&self) -> Result<(u64, Scale)> {
        self.stream.wait()?;
        if self.weights.shape().blocks() == 0 {
            return Ok((0, Scale::default()));
        }
        let mut bytes = [0; 12];
        self.workspace.read(PackWorkspace::TOTAL, &mut bytes)?;
        let (total, scale) = (bytes[..8].try_into(), bytes[8]);
        Ok((u64::from_le_bytes(total.unwrap_or_default()), Scale::new(scale).unwrap_or_default()))
    }
}
