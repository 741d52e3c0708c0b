//! Open models.

use crate::call::call;
use crate::decoder::wcodec_decoder;
use crate::dtype;
use crate::limits::{limits_at, wcodec_limits};
use crate::pointers::{Out, address_of, bytes, free, object, path, room};
use crate::status::wcodec_status;
use std::ffi::{c_char, c_void};
use std::ops::Range;
use wcodec::container::Metadata;
use wcodec::{Archive, Error, Model, ModelTensor, Result};

/// An open model: a .wcodec or safetensors file, or a folder of them.
pub struct wcodec_model {
    pub model: Model,
    /// The strings of its files.
    pub metadata: Metadata,
}

impl wcodec_model {
    fn new(model: Model) -> Result<Self> {
        Ok(Self { metadata: model.metadata()?.unwrap_or_default(), model })
    }

    /// The tensor of this number.
    pub fn tensor(&self, number: usize) -> Result<ModelTensor<'_>> {
        let count = self.model.tensors().len();
        let none = || Error::InvalidArgument(format!("there is no tensor {number} of {count}"));
        self.model.tensor_at(number).ok_or_else(none)
    }
}

/// A tensor of a model. `name` lives as long as the model.
#[repr(C)]
pub struct wcodec_tensor_info {
    /// Its name, UTF-8 and without a NUL at its end.
    pub name: *const c_char,
    /// Bytes of the name.
    pub name_length: usize,
    /// A `wcodec_dtype`.
    pub dtype: u32,
    /// Dimensions.
    pub rank: usize,
    /// Bytes of the decoded tensor.
    pub byte_length: u64,
}

/// Opens a model: a .wcodec or safetensors file, or a folder of them, of which the index is followed
/// where it has one. Only headers are read; archives keep to the limits, which may be NULL.
///
/// # Safety
/// `location` ends with NUL, and `model` has room for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_model_open(
    location: *const c_char,
    limits: *const wcodec_limits,
    model: *mut *mut wcodec_model,
) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        let (out, location, limits) =
            unsafe { (Out::new(model, "model")?, path(location, "location")?, limits_at(limits)) };
        out.put_new(wcodec_model::new(Model::open_with(location, &limits)?)?);
        Ok(())
    })
}

/// Opens an archive that lies in memory, which is not copied, and keeps to the limits, which may be
/// NULL.
///
/// # Safety
/// There are as many bytes, which nothing changes before the model is freed; `model` has room for a
/// pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_model_open_memory(
    data: *const c_void,
    length: usize,
    limits: *const wcodec_limits,
    model: *mut *mut wcodec_model,
) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition; the model does not outlive the bytes.
        let (out, data, limits): (_, &'static [u8], _) =
            unsafe { (Out::new(model, "model")?, bytes(data, length, "data")?, limits_at(limits)) };
        let archive = Archive::from_bytes_with(data, &limits)?;
        out.put_new(wcodec_model::new(Model::from_archive(archive)?)?);
        Ok(())
    })
}

/// The number of tensors in a model; 0 for NULL.
///
/// # Safety
/// `model` is NULL, or open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_model_tensor_count(model: *const wcodec_model) -> usize {
    // SAFETY: the caller's condition.
    unsafe { model.as_ref() }.map_or(0, |model| model.model.tensors().len())
}

/// The number of the tensor of a name of `name_length` bytes.
///
/// # Safety
/// There are as many bytes, and `number` has room for a number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_model_find(
    model: *const wcodec_model,
    name: *const c_char,
    name_length: usize,
    number: *mut usize,
) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        let (out, model, name) = unsafe {
            let name = bytes(name.cast(), name_length, "name")?;
            (Out::new(number, "number")?, object(model, "model")?, name)
        };
        let name = str::from_utf8(name);
        let name = name.map_err(|_| Error::InvalidArgument("the name is not UTF-8".into()))?;
        out.put(model.model.number_of(name)?);
        Ok(())
    })
}

/// The tensor of a number below `wcodec_model_tensor_count`.
///
/// # Safety
/// `info` has room for an info.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_model_tensor(
    model: *const wcodec_model,
    number: usize,
    info: *mut wcodec_tensor_info,
) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        let (out, model) = unsafe { (Out::new(info, "info")?, object(model, "model")?) };
        let tensor = model.tensor(number)?;
        out.put(wcodec_tensor_info {
            name: address_of(tensor.name().as_bytes()),
            name_length: tensor.name().len(),
            dtype: dtype::number_of(tensor.dtype())?,
            rank: tensor.shape().rank(),
            byte_length: tensor.byte_len(),
        });
        Ok(())
    })
}

/// The extents of a tensor, outermost first; `rank` is that of its info.
///
/// # Safety
/// `shape` has room for as many numbers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_model_shape(
    model: *const wcodec_model,
    number: usize,
    shape: *mut u64,
    rank: usize,
) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        let (model, shape) = unsafe { (object(model, "model")?, room(shape, rank, "shape")?) };
        let tensor = model.tensor(number)?;
        if tensor.shape().rank() != rank {
            let actual = tensor.shape().rank();
            let reason = format!("room for {rank} dimensions, the tensor has {actual}");
            return Err(Error::InvalidArgument(reason));
        }
        shape.iter_mut().zip(tensor.shape().iter()).for_each(|(room, extent)| *room = extent);
        Ok(())
    })
}

/// Decodes a tensor to `length` bytes from `data` on: its `byte_length`.
///
/// # Safety
/// There are as many bytes, which nothing else uses meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_model_decode(
    model: *const wcodec_model,
    number: usize,
    decoder: *const wcodec_decoder,
    data: *mut c_void,
    length: usize,
) -> wcodec_status {
    // SAFETY: the caller's condition.
    call(|| unsafe { decode(model, number, None, decoder, (data, length)) })
}

/// Decodes the rows from `first` to before `end`, indices of the first dimension, reading no more
/// than the tiles that hold them.
///
/// # Safety
/// As `wcodec_model_decode`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_model_decode_rows(
    model: *const wcodec_model,
    number: usize,
    first: u64,
    end: u64,
    decoder: *const wcodec_decoder,
    data: *mut c_void,
    length: usize,
) -> wcodec_status {
    // SAFETY: the caller's condition.
    call(|| unsafe { decode(model, number, Some(first..end), decoder, (data, length)) })
}

/// Decodes rows of a tensor, or all of it.
///
/// # Safety
/// As `wcodec_model_decode`.
unsafe fn decode(
    model: *const wcodec_model,
    number: usize,
    rows: Option<Range<u64>>,
    decoder: *const wcodec_decoder,
    (data, length): (*mut c_void, usize),
) -> Result<()> {
    // SAFETY: the caller's condition.
    let (model, decoder, data) = unsafe {
        let data = room(data.cast::<u8>(), length, "data")?;
        (object(model, "model")?, object(decoder, "decoder")?, data)
    };
    let tensor = model.tensor(number)?;
    match rows {
        Some(rows) => tensor.decode_to(rows, &decoder.decoder, data),
        None => tensor.decode_to(.., &decoder.decoder, data),
    }
}

/// Frees a model.
///
/// # Safety
/// It is NULL, or an open model that nothing uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_model_free(model: *mut wcodec_model) {
    // SAFETY: the caller's condition.
    unsafe { free(model) };
}
