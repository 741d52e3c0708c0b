//! How far work is, and whether it is to go on.

use crate::{Error, Result};
use std::ops::ControlFlow;
use std::path::Path;

/// Told what a conversion or a load is doing; every method goes on and does nothing unless
/// implemented. `()` ignores it all, and a closure is [`Progress::advance`].
///
/// [`ControlFlow::Break`] cancels: no further tensor is begun, what is under way is finished, and the
/// work ends with [`Error::Cancelled`] and leaves nothing on disk.
///
/// ```
/// use std::ops::ControlFlow;
/// use std::sync::atomic::{AtomicBool, Ordering};
/// use wcodec::convert::{CompressOptions, compress_file};
///
/// let cancelled = AtomicBool::new(true); // set by another thread
/// let progress = |_bytes| match cancelled.load(Ordering::Relaxed) {
///     true => ControlFlow::Break(()),
///     false => ControlFlow::Continue(()),
/// };
/// # let folder = tempfile::tempdir().unwrap();
/// # let [source, target] = ["model.safetensors", "model.wcodec"].map(|name| folder.path().join(name));
/// # std::fs::write(&source, b"\x39\0\0\0\0\0\0\0{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}    *").unwrap();
/// let error = compress_file(&source, &target, &CompressOptions::default(), &progress);
/// assert_eq!(error.unwrap_err().code(), "cancelled");
/// assert!(!target.exists());
/// ```
pub trait Progress: Sync {
    /// There are `bytes` more of tensor data to do, counted uncompressed; for a load to a GPU they are
    /// bytes of blobs.
    fn expect(&self, bytes: u64) {
        let _ = bytes;
    }

    /// The tensor `name` of `file` is next. Not called for a load to a GPU, which reads several at
    /// once.
    fn tensor(&self, file: &Path, name: &str) -> ControlFlow<()> {
        let _ = (file, name);
        ControlFlow::Continue(())
    }

    /// Another `bytes` are done; with 0 now and then while other files than tensors are read.
    fn advance(&self, bytes: u64) -> ControlFlow<()> {
        let _ = bytes;
        ControlFlow::Continue(())
    }
}

impl Progress for () {}

impl<F: Fn(u64) -> ControlFlow<()> + Sync> Progress for F {
    fn advance(&self, bytes: u64) -> ControlFlow<()> {
        self(bytes)
    }
}

/// Goes on, or is the error [`Error::Cancelled`].
pub(crate) fn proceed(flow: ControlFlow<()>) -> Result<()> {
    match flow {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(Error::Cancelled),
    }
}
