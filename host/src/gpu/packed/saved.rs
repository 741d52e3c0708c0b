//! To host memory and back, as it lies.

use super::kernels::GpuPackedKernels;
use super::matrix::GpuPackedMatrix;
use crate::gpu::driver::DeviceMemory;
use crate::packed::{Description, PackedMatrix};
use crate::panic::catch_panic;
use crate::{Error, Result, memory};
use std::io::{Read, Write};
use std::sync::Arc;

impl GpuPackedMatrix {
    /// Copies a matrix of host memory to the device, byte for byte.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; [`Error::Gpu`].
    pub fn upload(kernels: &GpuPackedKernels, matrix: &PackedMatrix) -> Result<Self> {
        catch_panic("upload a packed matrix", || {
            let matrix = matrix.view();
            let Description { layout, scale } = matrix.description();
            let memory = DeviceMemory::uninitialised(kernels.context(), layout.len())?;
            memory.write(0, matrix.bytes())?;
            Ok(Self { kernels: kernels.clone(), memory: Arc::new(memory), layout, scale })
        })
    }

    /// Copies the matrix to host memory, byte for byte.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; [`Error::Gpu`].
    pub fn download(&self) -> Result<PackedMatrix> {
        catch_panic("download a packed matrix", || {
            let mut bytes = Vec::new();
            memory::resize(&mut bytes, self.layout.len(), "a packed matrix")?;
            self.memory.read(0, &mut bytes)?;
            Ok(PackedMatrix::from_parts(bytes, self.layout, self.scale))
        })
    }

    /// Writes the matrix as [`PackedMatrix::save`] does.
    ///
    /// # Errors
    /// Those of [`GpuPackedMatrix::download`]; [`Error::Io`].
    pub fn save(&self, writer: impl Write) -> Result<()> {
        self.download()?.save(writer).map_err(Error::io("write", "a packed matrix"))
    }

    /// Reads a matrix that was saved, by whatever device, as [`PackedMatrix::load`] does:
    /// everything in it is checked before any of it comes to the device.
    ///
    /// # Errors
    /// Those of [`PackedMatrix::load`]; [`Error::OutOfMemory`]; [`Error::Gpu`].
    pub fn load(kernels: &GpuPackedKernels, reader: impl Read) -> Result<Self> {
        Self::upload(kernels, &PackedMatrix::load(reader)?)
    }
}
