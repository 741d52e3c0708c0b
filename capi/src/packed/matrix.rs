//! Packed matrices.

use crate::call::call;
use crate::pointers::{Out, free, object};
use crate::status::wcodec_status;
use wcodec::gpu::GpuPackedMatrix;
use wcodec::packed::{Form, PackedMatrix, Shape};
use wcodec::{Error, Result};

/// How a packed matrix holds its weights.
#[allow(dead_code, reason = "for the header: functions take and give numbers")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub enum wcodec_form {
    /// All 16 bits of each weight, for matrices that no other form makes smaller.
    Whole = 0,
    /// Twelve bits of each weight, and exceptions.
    Fast = 1,
}

/// A packed matrix, on a GPU or in host memory.
pub enum wcodec_packed {
    /// In host memory.
    Host(PackedMatrix),
    /// On a GPU.
    Device(GpuPackedMatrix),
}

/// Sizes of a packed matrix.
#[repr(C)]
pub struct wcodec_packed_info {
    /// Rows.
    pub rows: u64,
    /// Columns.
    pub columns: u64,
    /// Bytes that it takes.
    pub byte_length: u64,
    /// Weights that stand beside the form.
    pub exceptions: u32,
    /// A `wcodec_form`: as was wished, or WCODEC_FORM_WHOLE where that did not make it smaller.
    pub form: u32,
}

impl wcodec_packed {
    /// Rows and columns.
    pub fn shape(&self) -> Shape {
        match self {
            Self::Host(matrix) => matrix.shape(),
            Self::Device(matrix) => matrix.shape(),
        }
    }

    fn info(&self) -> wcodec_packed_info {
        let (form, byte_length, exceptions) = match self {
            Self::Host(matrix) => (matrix.form(), matrix.byte_len(), matrix.exceptions()),
            Self::Device(matrix) => (matrix.form(), matrix.byte_len(), matrix.exceptions()),
        };
        wcodec_packed_info {
            rows: self.shape().rows().into(),
            columns: self.shape().columns().into(),
            byte_length,
            exceptions,
            form: form as u32,
        }
    }
}

/// The form of this number.
pub fn form_of(number: u32) -> Result<Form> {
    let form = u8::try_from(number).ok().and_then(Form::from_u8);
    form.ok_or_else(|| Error::InvalidArgument(format!("{number} is no form")))
}

/// Refuses matrices of different devices in one call.
pub fn other_device() -> Error {
    Error::InvalidArgument("some matrices are on a GPU, others in host memory".into())
}

/// The sizes of a packed matrix.
///
/// # Safety
/// `info` has room for an info.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_packed_get_info(
    matrix: *const wcodec_packed,
    info: *mut wcodec_packed_info,
) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        let (out, matrix) = unsafe { (Out::new(info, "info")?, object(matrix, "matrix")?) };
        out.put(matrix.info());
        Ok(())
    })
}

/// Frees a packed matrix.
///
/// # Safety
/// It is NULL, or a matrix that nothing uses, work on a stream neither.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_packed_free(matrix: *mut wcodec_packed) {
    // SAFETY: the caller's condition.
    unsafe { free(matrix) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_have_the_numbers_of_the_library() {
        for form in Form::ALL {
            assert_eq!(form_of(form as u32).unwrap(), form);
        }
        assert_eq!(Form::Whole as u32, wcodec_form::Whole as u32);
        assert_eq!(Form::Fast as u32, wcodec_form::Fast as u32);
        assert_eq!(form_of(257).unwrap_err().code(), "invalid_argument");
    }
}
