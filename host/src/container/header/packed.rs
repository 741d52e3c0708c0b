//! A header as it is stored: deflated (RFC 1951), or as it is where that is not shorter.

use crate::json::Fault;
use crate::memory::{append, resize};
use crate::{Error, Result};
use miniz_oxide::DataFormat;
use miniz_oxide::deflate::core::{CompressorOxide, TDEFLFlush, TDEFLStatus, compress_to_output};
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};
use std::borrow::Cow;

/// How hard the compressor looks for repetitions, of 10: a header is a thousandth of its file.
const LEVEL: u8 = 9;

/// The purpose of the memory.
const WHAT: &str = "the header of an archive";

/// A header while it is deflated, part by part.
pub struct Packer {
    /// Its arrays are too large for the stacks that it would be moved over.
    compressor: Box<CompressorOxide>,
    packed: Vec<u8>,
    /// Bytes that were taken.
    len: usize,
}

impl Packer {
    pub fn new() -> Result<Self> {
        let compressor = with_deep_stack(|| {
            let mut compressor = Box::<CompressorOxide>::default();
            compressor.set_format_and_level(DataFormat::Raw, LEVEL);
            Ok(compressor)
        })?;
        Ok(Self { compressor, packed: Vec::new(), len: 0 })
    }

    /// Takes the next bytes.
    pub fn push(&mut self, bytes: &[u8]) -> Result<()> {
        self.len += bytes.len();
        self.deflate(bytes, TDEFLFlush::None)
    }

    /// The header as it is stored; `None` where that is not shorter.
    pub fn finish(mut self) -> Result<Option<Vec<u8>>> {
        self.deflate(&[], TDEFLFlush::Finish)?;
        Ok((self.packed.len() < self.len).then_some(self.packed))
    }

    fn deflate(&mut self, bytes: &[u8], flush: TDEFLFlush) -> Result<()> {
        let Self { compressor, packed, .. } = self;
        with_deep_stack(|| {
            let mut failed = None;
            let (status, _) = compress_to_output(compressor, bytes, flush, |bytes| {
                let appended = append(packed, bytes, WHAT);
                appended.map_err(|error| failed = Some(error)).is_ok()
            });
            match (failed, status) {
                (Some(error), _) => Err(error),
                (None, TDEFLStatus::Okay | TDEFLStatus::Done) => Ok(()),
                (None, status) => {
                    let reason = format!("deflate returned {status:?}");
                    Err(Error::Panicked { action: "compress a header", reason })
                }
            }
        })
    }
}

/// Calls the compressor, which has some 150 KiB of arrays on its stack; where it is not optimised
/// several times that, more than the threads of every program have.
#[cfg(not(unoptimized))]
fn with_deep_stack<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    work()
}

#[cfg(unoptimized)]
fn with_deep_stack<T: Send>(work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    const STACK: usize = 2 << 20;
    let threads = |error: std::io::Error| Error::Threads { reason: error.to_string() };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        let thread = thread.spawn_scoped(scope, work).map_err(threads)?;
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// The header of `len` bytes that was stored like this; its memory is bounded by what is stored.
pub fn unpack(stored: Cow<'_, [u8]>, len: u32) -> std::result::Result<Vec<u8>, Fault> {
    let mut header = Vec::new();
    match stored {
        Cow::Owned(bytes) if bytes.len() == len as usize => return Ok(bytes),
        Cow::Borrowed(bytes) if bytes.len() == len as usize => {
            append(&mut header, bytes, WHAT)?;
            return Ok(header);
        }
        _ => {}
    }
    resize(&mut header, len.into(), WHAT)?;
    let flags = TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    let mut inflater = Box::<DecompressorOxide>::default();
    let (status, read, written) = decompress(&mut inflater, &stored, &mut header, 0, flags);
    match (status, read == stored.len(), written == header.len()) {
        (TINFLStatus::Done, true, true) => Ok(header),
        (TINFLStatus::Done | TINFLStatus::HasMoreOutput, ..) => {
            Err("it does not expand to as many bytes as the preamble says".into())
        }
        _ => Err("it is no deflate stream".into()),
    }
}
