//! Element types.

use crate::pointers::text;
use std::ffi::{CStr, c_char};
use wcodec::{Dtype, Error, Result};

/// The element type of a tensor, under its name in safetensors. Bits of an element are in brackets.
#[allow(dead_code, reason = "for the header: functions take and give numbers")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub enum wcodec_dtype {
    /// Booleans of one byte (8).
    Bool = 0,
    /// MXFP4 (4).
    F4 = 1,
    /// MXFP6, two bits of exponent (6).
    F6_E2M3 = 2,
    /// MXFP6, three bits of exponent (6).
    F6_E3M2 = 3,
    /// Unsigned bytes (8).
    U8 = 4,
    /// Signed bytes (8).
    I8 = 5,
    /// Five bits of exponent (8).
    F8_E5M2 = 6,
    /// Four bits of exponent (8).
    F8_E4M3 = 7,
    /// Powers of two (8).
    F8_E8M0 = 8,
    /// As F8_E4M3, finite and with one zero (8).
    F8_E4M3FNUZ = 9,
    /// As F8_E5M2, finite and with one zero (8).
    F8_E5M2FNUZ = 10,
    /// Signed integers (16).
    I16 = 11,
    /// Unsigned integers (16).
    U16 = 12,
    /// Half precision (16).
    F16 = 13,
    /// bfloat16 (16).
    Bf16 = 14,
    /// Signed integers (32).
    I32 = 15,
    /// Unsigned integers (32).
    U32 = 16,
    /// Single precision (32).
    F32 = 17,
    /// Complex numbers of two F32 (64).
    C64 = 18,
    /// Double precision (64).
    F64 = 19,
    /// Signed integers (64).
    I64 = 20,
    /// Unsigned integers (64).
    U64 = 21,
}

/// The number of each dtype is its place.
const DTYPES: [(Dtype, &CStr); 22] = [
    (Dtype::BOOL, c"BOOL"),
    (Dtype::F4, c"F4"),
    (Dtype::F6_E2M3, c"F6_E2M3"),
    (Dtype::F6_E3M2, c"F6_E3M2"),
    (Dtype::U8, c"U8"),
    (Dtype::I8, c"I8"),
    (Dtype::F8_E5M2, c"F8_E5M2"),
    (Dtype::F8_E4M3, c"F8_E4M3"),
    (Dtype::F8_E8M0, c"F8_E8M0"),
    (Dtype::F8_E4M3FNUZ, c"F8_E4M3FNUZ"),
    (Dtype::F8_E5M2FNUZ, c"F8_E5M2FNUZ"),
    (Dtype::I16, c"I16"),
    (Dtype::U16, c"U16"),
    (Dtype::F16, c"F16"),
    (Dtype::BF16, c"BF16"),
    (Dtype::I32, c"I32"),
    (Dtype::U32, c"U32"),
    (Dtype::F32, c"F32"),
    (Dtype::C64, c"C64"),
    (Dtype::F64, c"F64"),
    (Dtype::I64, c"I64"),
    (Dtype::U64, c"U64"),
];

/// The dtype of this number.
pub fn dtype_of(number: u32) -> Result<Dtype> {
    let found = usize::try_from(number).ok().and_then(|number| DTYPES.get(number));
    let none = || Error::InvalidArgument(format!("{number} is no dtype"));
    found.map(|&(dtype, _)| dtype).ok_or_else(none)
}

/// The number of a dtype.
pub fn number_of(dtype: Dtype) -> Result<u32> {
    let found = DTYPES.iter().position(|&(known, _)| known == dtype);
    let none = || Error::InvalidArgument(format!("this interface has no number for {dtype}"));
    found.map(|number| number as u32).ok_or_else(none)
}

/// The name of a dtype in safetensors, such as "BF16"; NULL for a number that is none.
#[unsafe(no_mangle)]
pub extern "C" fn wcodec_dtype_name(dtype: u32) -> *const c_char {
    DTYPES.get(dtype as usize).map_or(std::ptr::null(), |(_, name)| name.as_ptr())
}

/// Bits of an element; 0 for a number that is no dtype.
#[unsafe(no_mangle)]
pub extern "C" fn wcodec_dtype_bits(dtype: u32) -> u32 {
    dtype_of(dtype).map_or(0, |dtype| dtype.bitsize() as u32)
}

/// The dtype that safetensors calls `name`; -1 where there is none.
///
/// # Safety
/// `name` is NULL, or ends with NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_dtype_from_name(name: *const c_char) -> i32 {
    // SAFETY: the caller's condition.
    let name = unsafe { text(name, "the name") };
    let dtype = name.ok().and_then(|name| name.parse().ok());
    dtype.and_then(|dtype| number_of(dtype).ok()).map_or(-1, |number| number as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dtype_has_its_name_and_a_number() {
        assert_eq!(DTYPES.len(), Dtype::ALL.len());
        for &dtype in Dtype::ALL {
            let number = number_of(dtype).unwrap();
            assert_eq!(dtype_of(number).unwrap(), dtype);
            let (_, name) = DTYPES[number as usize];
            assert_eq!(name.to_str().unwrap(), dtype.name());
            // SAFETY: the name ends with NUL.
            assert_eq!(unsafe { wcodec_dtype_from_name(name.as_ptr()) }, number as i32);
            assert_eq!(wcodec_dtype_bits(number), dtype.bitsize() as u32);
        }
        assert_eq!(DTYPES[wcodec_dtype::U64 as usize].0, Dtype::U64);
        assert_eq!(DTYPES[wcodec_dtype::F8_E4M3 as usize].0, Dtype::F8_E4M3);
        assert_eq!(DTYPES[wcodec_dtype::Bf16 as usize].0, Dtype::BF16);
    }

    #[test]
    fn other_numbers_are_none() {
        assert!(wcodec_dtype_name(22).is_null());
        assert_eq!(wcodec_dtype_bits(u32::MAX), 0);
        assert_eq!(dtype_of(22).unwrap_err().code(), "invalid_argument");
    }
}
