//! Archives that are written tensor by tensor.

use crate::call::call;
use crate::dtype::dtype_of;
use crate::encoder::{wcodec_encoder, wcodec_tensor};
use crate::pointers::{Out, elements, free, object, object_mut, path, text};
use crate::status::wcodec_status;
use std::ffi::c_char;
use wcodec::container::{ContentHash, Manifest, Metadata, OutputFile, TensorSpec};
use wcodec::{ArchiveWriter, Error, Result};

/// An archive that is being written, and gets its name when it is finished.
pub struct wcodec_writer {
    /// The shapes and dtypes of the tensors, in their order.
    tensors: Vec<TensorSpec>,
    written: usize,
    /// `None` once it was finished, or has failed.
    writer: Option<ArchiveWriter<OutputFile>>,
}

/// A tensor of an archive that is to be written.
#[repr(C)]
pub struct wcodec_tensor_spec {
    /// Its name, UTF-8 and ending with NUL.
    pub name: *const c_char,
    /// A `wcodec_dtype`.
    pub dtype: u32,
    /// Dimensions; none for rank 0.
    pub rank: usize,
    /// The extent of each dimension, outermost first.
    pub shape: *const u64,
}

/// A text of a file's `__metadata__` with its name, both UTF-8 and ending with NUL.
#[repr(C)]
pub struct wcodec_metadata {
    /// Its name.
    pub name: *const c_char,
    /// The text.
    pub value: *const c_char,
}

impl wcodec_tensor_spec {
    /// The tensor.
    ///
    /// # Safety
    /// There is what it says.
    unsafe fn get(&self) -> Result<TensorSpec> {
        // SAFETY: the caller's condition.
        let (name, shape) =
            unsafe { (text(self.name, "name")?, elements(self.shape, self.rank, "shape")?) };
        Ok(TensorSpec::new(name, dtype_of(self.dtype)?, shape.to_vec()))
    }
}

/// Begins an archive of these tensors, which appears at `target` when it is finished. Where something
/// is there already, `replace` says that it is replaced.
///
/// # Safety
/// There are as many tensors and metadata as is said, `target` ends with NUL, and `writer` has room
/// for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_writer_create(
    target: *const c_char,
    tensors: *const wcodec_tensor_spec,
    tensor_count: usize,
    metadata: *const wcodec_metadata,
    metadata_count: usize,
    replace: bool,
    writer: *mut *mut wcodec_writer,
) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        let (out, target, tensors, metadata) = unsafe {
            let tensors = elements(tensors, tensor_count, "tensors")?;
            let tensors = tensors.iter().map(|tensor| tensor.get()).collect::<Result<Vec<_>>>()?;
            let metadata = metadata_of(elements(metadata, metadata_count, "metadata")?)?;
            (Out::new(writer, "writer")?, path(target, "target")?, tensors, metadata)
        };
        let manifest = Manifest::new(tensors.clone()).metadata(metadata);
        let writer = match replace {
            true => ArchiveWriter::replace(target, manifest)?,
            false => ArchiveWriter::create(target, manifest)?,
        };
        out.put_new(wcodec_writer { tensors, written: 0, writer: Some(writer) });
        Ok(())
    })
}

/// The metadata, where there is any.
///
/// # Safety
/// There are the texts.
unsafe fn metadata_of(pairs: &[wcodec_metadata]) -> Result<Option<Metadata>> {
    // SAFETY: the caller's condition.
    let pair = |pair: &wcodec_metadata| unsafe {
        Ok((text(pair.name, "a name of metadata")?, text(pair.value, "a value of metadata")?))
    };
    let pairs = pairs.iter().map(pair).collect::<Result<Vec<_>>>()?;
    if pairs.is_empty() { Ok(None) } else { Metadata::new(pairs).map(Some) }
}

/// Encodes the next tensor and writes it; tensors come in the order in which they were announced.
/// After an error other than WCODEC_STATUS_INVALID_ARGUMENT the archive cannot be finished.
///
/// # Safety
/// There is what the tensor says, and nothing else uses the writer meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_writer_append(
    writer: *mut wcodec_writer,
    encoder: *const wcodec_encoder,
    tensor: *const wcodec_tensor,
) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        let (writer, encoder, tensor) = unsafe {
            let tensor = object(tensor, "tensor")?.view()?;
            (object_mut(writer, "writer")?, object(encoder, "encoder")?, tensor)
        };
        let Some(spec) = writer.tensors.get(writer.written) else {
            return Err(Error::InvalidArgument("all tensors are written already".into()));
        };
        if spec.dtype != tensor.dtype() || spec.shape.to_vec() != tensor.shape() {
            return Err(Error::InvalidArgument(format!(
                "tensor {:?} was announced as {} {:?}, and is {} {:?}",
                spec.name,
                spec.dtype,
                spec.shape,
                tensor.dtype(),
                tensor.shape()
            )));
        }
        let mut archive = writer.writer.take().ok_or_else(is_over)?;
        let blob = encoder.encoder.encode(&tensor)?;
        archive.append(&blob, ContentHash::of(tensor.data()))?;
        writer.writer = Some(archive);
        writer.written += 1;
        Ok(())
    })
}

fn is_over() -> Error {
    Error::InvalidArgument("the archive was finished, or could not be written".into())
}

/// Finishes the archive, which gets its name. The writer is still to be freed.
///
/// # Safety
/// Nothing else uses the writer meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_writer_finish(writer: *mut wcodec_writer) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        let writer = unsafe { object_mut(writer, "writer") }?;
        let missing = writer.tensors.len() - writer.written;
        if missing > 0 && writer.writer.is_some() {
            return Err(Error::InvalidArgument(format!("{missing} tensors are not written yet")));
        }
        writer.writer.take().ok_or_else(is_over)?.finish()?.commit()
    })
}

/// Frees a writer. An archive that was not finished is given up, and leaves no file.
///
/// # Safety
/// It is NULL, or a writer that nothing uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_writer_free(writer: *mut wcodec_writer) {
    // SAFETY: the caller's condition.
    unsafe { free(writer) };
}
