//! Whole files and folders.

use crate::bases::wcodec_bases;
use crate::call::call;
use crate::decoder::wcodec_decoder;
use crate::encoder::wcodec_encoder;
use crate::limits::{limits_at, wcodec_limits};
use crate::pointers::{Out, object, path};
use crate::status::wcodec_status;
use std::ffi::{c_char, c_void};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use wcodec::convert::{
    CompressOptions, DecompressOptions, Summary, VerifyOptions, compress_file, compress_folder,
    decompress_file, decompress_folder, verify_file, verify_folder,
};
use wcodec::{Error, Progress, Result};

/// Of `wcodec_compress_path` and `wcodec_decompress_path`: an existing target is replaced.
pub const WCODEC_REPLACE: u32 = 1;
/// Of `wcodec_compress_path`: a file that is no sound safetensors file is carried as it is.
pub const WCODEC_AS_IS: u32 = 2;

/// Told how far work is: bytes done and bytes known to be done in all. Returns whether it goes on;
/// where not, no further tensor is begun, nothing is left on disk, and the status is
/// WCODEC_STATUS_CANCELLED. Called from several threads, also at once.
pub type wcodec_progress =
    Option<unsafe extern "C" fn(data: *mut c_void, done: u64, expected: u64) -> bool>;

/// Sizes of a finished conversion.
#[repr(C)]
pub struct wcodec_summary {
    /// Tensors.
    pub tensors: u64,
    /// Their decoded bytes.
    pub tensor_bytes: u64,
    /// Bytes of all files read.
    pub input_bytes: u64,
    /// Bytes of all files that they became.
    pub output_bytes: u64,
    /// Files and folders that hold weights, or cannot be looked into, and were left out: of a
    /// folder, hidden ones and those that appeared meanwhile.
    pub left_out: u64,
}

impl From<Summary> for wcodec_summary {
    fn from(summary: Summary) -> Self {
        Self {
            tensors: summary.tensors,
            tensor_bytes: summary.tensor_bytes,
            input_bytes: summary.input_bytes,
            output_bytes: summary.output_bytes,
            left_out: summary.left_out.len() as u64,
        }
    }
}

/// A progress of the caller's.
pub struct Caller {
    report: wcodec_progress,
    data: *mut c_void,
    done: AtomicU64,
    expected: AtomicU64,
}

// SAFETY: `Caller::new` was promised that the function may be called from any thread.
unsafe impl Sync for Caller {}

impl Caller {
    /// A progress that calls a function, if there is one.
    ///
    /// # Safety
    /// The function may be called with the data from any thread while this lives.
    pub unsafe fn new(report: wcodec_progress, data: *mut c_void) -> Self {
        Self { report, data, done: AtomicU64::new(0), expected: AtomicU64::new(0) }
    }
}

impl Progress for Caller {
    fn expect(&self, bytes: u64) {
        self.expected.fetch_add(bytes, Ordering::Relaxed);
    }

    fn advance(&self, bytes: u64) -> ControlFlow<()> {
        let done = self.done.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let Some(report) = self.report else { return ControlFlow::Continue(()) };
        // SAFETY: as `new` was promised.
        match unsafe { report(self.data, done, self.expected.load(Ordering::Relaxed)) } {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    }
}

/// Refuses flags that are not among those that a function takes.
fn check_flags(flags: u32, known: u32) -> Result<()> {
    match flags & !known {
        0 => Ok(()),
        unknown => Err(Error::InvalidArgument(format!("there is no flag {unknown:#x} here"))),
    }
}

/// Writes what became of a conversion.
fn put(out: Option<Out<wcodec_summary>>, summary: Summary) {
    if let Some(out) = out {
        out.put(summary.into());
    }
}

/// A place for a summary, if it is wanted.
///
/// # Safety
/// As [`Out::new`].
unsafe fn wanted(summary: *mut wcodec_summary) -> Result<Option<Out<wcodec_summary>>> {
    // SAFETY: the caller's condition.
    (!summary.is_null()).then(|| unsafe { Out::new(summary, "summary") }).transpose()
}

/// Compresses a safetensors file to an archive, or a folder to a folder; `target` appears whole or
/// not at all. With a `verifier` every tensor is decoded again from the file as written. `flags` is 0,
/// or the sum of WCODEC_REPLACE and WCODEC_AS_IS. `verifier`, `bases`, `progress` and `summary` may be
/// NULL. Tensors are coded against those of the bases where that pays, which then are needed again.
///
/// # Safety
/// Paths end with NUL; `progress` may be called with `data` from any thread; `summary` is NULL or has
/// room for one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_compress_path(
    source: *const c_char,
    target: *const c_char,
    encoder: *const wcodec_encoder,
    verifier: *const wcodec_decoder,
    bases: *const wcodec_bases,
    flags: u32,
    progress: wcodec_progress,
    data: *mut c_void,
    summary: *mut wcodec_summary,
) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        let (source, target, encoder, (verifier, bases), progress, out) = unsafe {
            (
                path(source, "source")?,
                path(target, "target")?,
                object(encoder, "encoder")?,
                (verifier.as_ref(), bases.as_ref()),
                Caller::new(progress, data),
                wanted(summary)?,
            )
        };
        check_flags(flags, WCODEC_REPLACE | WCODEC_AS_IS)?;
        let options = CompressOptions::new()
            .encoder(encoder.encoder.clone())
            .verify(verifier.map(|verifier| &verifier.decoder))
            .bases(bases.map(|bases| &bases.bases))
            .overwrite(flags & WCODEC_REPLACE != 0)
            .as_is(flags & WCODEC_AS_IS != 0);
        put(
            out,
            match source.is_dir() {
                true => compress_folder(source, target, &options, &progress)?,
                false => compress_file(source, target, &options, &progress)?,
            },
        );
        Ok(())
    })
}

/// Restores the file that an archive was made from, or a folder, to the byte; `target` appears whole
/// or not at all. `bases` are those that it was compressed with, or NULL. Archives keep to the limits.
/// `flags` is 0 or WCODEC_REPLACE; `limits`, `progress` and `summary` may be NULL.
///
/// # Safety
/// As `wcodec_compress_path`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_decompress_path(
    source: *const c_char,
    target: *const c_char,
    decoder: *const wcodec_decoder,
    bases: *const wcodec_bases,
    limits: *const wcodec_limits,
    flags: u32,
    progress: wcodec_progress,
    data: *mut c_void,
    summary: *mut wcodec_summary,
) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        let (source, target, decoder, (bases, limits), progress, out) = unsafe {
            (
                path(source, "source")?,
                path(target, "target")?,
                object(decoder, "decoder")?,
                (bases.as_ref(), limits_at(limits)),
                Caller::new(progress, data),
                wanted(summary)?,
            )
        };
        check_flags(flags, WCODEC_REPLACE)?;
        let options = DecompressOptions::new(&decoder.decoder)
            .overwrite(flags & WCODEC_REPLACE != 0)
            .limits(limits)
            .bases(bases.map(|bases| &bases.bases));
        put(
            out,
            match source.is_dir() {
                true => decompress_folder(source, target, &options, &progress)?,
                false => decompress_file(source, target, &options, &progress)?,
            },
        );
        Ok(())
    })
}

/// Decodes all of an archive, or of a folder, and checks every hash. Archives keep to the limits.
/// `bases`, `limits`, `progress` and `summary` may be NULL.
///
/// # Safety
/// As `wcodec_compress_path`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_verify_path(
    source: *const c_char,
    decoder: *const wcodec_decoder,
    bases: *const wcodec_bases,
    limits: *const wcodec_limits,
    progress: wcodec_progress,
    data: *mut c_void,
    summary: *mut wcodec_summary,
) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        let (source, decoder, (bases, limits), progress, out) = unsafe {
            let (progress, decoder) = (Caller::new(progress, data), object(decoder, "decoder")?);
            let bases = (bases.as_ref(), limits_at(limits));
            (path(source, "source")?, decoder, bases, progress, wanted(summary)?)
        };
        let options = VerifyOptions::new(&decoder.decoder)
            .limits(limits)
            .bases(bases.map(|bases| &bases.bases));
        put(
            out,
            match source.is_dir() {
                true => verify_folder(source, &options, &progress)?,
                false => verify_file(source, &options, &progress)?,
            },
        );
        Ok(())
    })
}
