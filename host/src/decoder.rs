//! The decoder of blobs, which works on the CPU or on a GPU.

mod backend;
mod deltas;
mod tile_rows;

pub(crate) use tile_rows::TileRows;
pub use wcodec_cpu::CpuBackend;

use crate::blob::{Blob, BlobFront, Parts};
use crate::columns::Columns;
use crate::cpu::backend_from_env;
use crate::decode::{decode_columns, decode_range};
use crate::memory::Room;
use crate::panic::catch_panic;
use crate::{Error, Result};
use backend::Backend;
use std::ops::Range;

/// The choice of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum DeviceChoice {
    /// The first NVIDIA GPU if there is one, otherwise the CPU; [`Decoder::device`] tells which.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The NVIDIA GPU with this ordinal, and nothing else.
    Cuda(u32),
}

/// The device that a [`Decoder`] really uses.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Device {
    /// The CPU, with the name of the warp that runs there ("avx512").
    Cpu {
        /// The warp's name.
        warp: &'static str,
        /// The reason why it is not a GPU, where [`DeviceChoice::Auto`] looked for one.
        fallback: Option<String>,
    },
    /// An NVIDIA GPU.
    Cuda {
        /// Its ordinal.
        ordinal: u32,
        /// Its name, as the driver gives it.
        name: String,
    },
}

/// As `CPU (avx2)`, or `GPU 0 (NVIDIA H200)`.
impl std::fmt::Display for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Cpu { warp, .. } => write!(f, "CPU ({warp})"),
            Self::Cuda { ordinal, name } => write!(f, "GPU {ordinal} ({name})"),
        }
    }
}

/// Decodes blobs into host memory on the device it was opened for.
#[derive(Debug)]
pub struct Decoder {
    device: Device,
    backend: Backend,
}

impl Decoder {
    /// Opens a device.
    ///
    /// # Errors
    /// [`Error::NoGpu`] where a GPU was asked for by number and cannot be used, as without the
    /// feature `gpu`; [`Error::Gpu`] where it fails; [`Error::InvalidArgument`] where the CPU is to
    /// decode, and the environment variable `WCODEC_CPU` has something else than the name of a warp
    /// that it can run.
    pub fn open(choice: DeviceChoice) -> Result<Self> {
        match choice {
            DeviceChoice::Cpu => Ok(Self::on_cpu(backend_from_env()?, None)),
            DeviceChoice::Cuda(ordinal) => Self::open_gpu(ordinal),
            DeviceChoice::Auto => match Self::open_gpu(0) {
                Ok(decoder) => Ok(decoder),
                Err(error) => Ok(Self::on_cpu(backend_from_env()?, Some(error.to_string()))),
            },
        }
    }

    /// Decodes on the CPU with this warp.
    pub fn cpu(warp: CpuBackend) -> Self {
        Self::on_cpu(warp, None)
    }

    fn on_cpu(warp: CpuBackend, fallback: Option<String>) -> Self {
        Self { device: Device::Cpu { warp: warp.name(), fallback }, backend: Backend::Cpu(warp) }
    }

    #[cfg(feature = "gpu")]
    fn open_gpu(ordinal: u32) -> Result<Self> {
        let gpu = crate::gpu::GpuDecoder::open(ordinal)?;
        let device = Device::Cuda { ordinal, name: gpu.name().to_string() };
        Ok(Self { device, backend: Backend::Gpu(gpu) })
    }

    #[cfg(not(feature = "gpu"))]
    fn open_gpu(_: u32) -> Result<Self> {
        let reason = "wcodec was built without its feature `gpu`".into();
        Err(Error::NoGpu { reason })
    }

    /// The device in use.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Decodes a whole blob; `out` is exactly [`Blob::byte_len`] long.
    ///
    /// # Errors
    /// [`Error::Corrupt`] naming the first bad tile; `out` then holds nothing of use.
    pub fn decode(&self, blob: &Blob<'_>, out: &mut [u8]) -> Result<()> {
        self.decode_range(blob, 0..blob.byte_len(), out)
    }

    /// Decodes the bytes `range` of the tensor, reading only the tiles that hold them.
    ///
    /// # Errors
    /// As [`Decoder::decode`]; [`Error::InvalidArgument`] where the range is not inside the tensor,
    /// or `out` not as long as the range.
    pub fn decode_range(&self, blob: &Blob<'_>, range: Range<u64>, out: &mut [u8]) -> Result<()> {
        self.decode_room(blob, range, Room::Filled(out)).map(drop)
    }

    /// As [`Decoder::decode_range`], to memory that may be fresh; returns the memory, filled.
    pub(crate) fn decode_room<'out>(
        &self,
        blob: &Blob<'_>,
        range: Range<u64>,
        room: Room<'out>,
    ) -> Result<&'out mut [u8]> {
        check_range(&range, blob.byte_len(), room.len())?;
        catch_panic("decode a tensor", || match &self.backend {
            #[cfg(feature = "gpu")]
            Backend::Gpu(gpu) => {
                let out = room.into_filled();
                crate::gpu::decode_range(gpu, blob, range, out)?;
                Ok(out)
            }
            Backend::Cpu(warp) => decode_range(*warp, blob.front(), &Parts::of(blob), range, room),
        })
    }

    /// Decodes some columns of a tensor that lies in a blob alone, and tells whether it has: not where
    /// the device, or the order of the blob's bytes, has no columns.
    pub(crate) fn decode_columns(
        &self,
        blob: &Blob<'_>,
        columns: &Columns,
        out: &mut [u8],
    ) -> Result<bool> {
        let layout = blob.front().layout();
        let Columns { line_bytes, lines, bytes } = columns.clone();
        let has_columns = layout.grid.columns() > 1 && layout.grid.row_bytes() == line_bytes;
        match &self.backend {
            Backend::Cpu(warp) if has_columns && layout.transposition.is_none() => {
                let parts = Parts::of(blob);
                catch_panic("decode columns", || {
                    decode_columns(*warp, blob.front(), &parts, lines, bytes, out)
                })?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// The decode of the bytes `range` of a tensor, which are some and inside it.
    pub(crate) fn tile_rows<'a>(
        &'a self,
        front: &'a BlobFront<'a>,
        range: &Range<u64>,
    ) -> TileRows<'a> {
        TileRows::new(&self.backend, front, range)
    }
}

/// Checks that the bytes `range` are inside a tensor of `byte_len`, and as many as there is room
/// for.
pub(crate) fn check_range(range: &Range<u64>, byte_len: u64, room: usize) -> Result<()> {
    let inside = range.start <= range.end && range.end <= byte_len;
    if inside && range.end - range.start == room as u64 {
        return Ok(());
    }
    Err(Error::InvalidArgument(format!(
        "bytes {range:?} of a tensor of {byte_len} bytes into a buffer of {room}"
    )))
}
