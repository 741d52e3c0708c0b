//! FORMAT.md section 1.2: `dtype`, "as safetensors spells it".

use super::bytes::require;

/// The table of bits and dtypes.
pub fn bits(dtype: &str) -> Result<u64, String> {
    Ok(match dtype {
        "F4" => 4,
        "F6_E2M3" | "F6_E3M2" => 6,
        "BOOL" | "U8" | "I8" => 8,
        "F8_E5M2" | "F8_E4M3" | "F8_E8M0" | "F8_E4M3FNUZ" | "F8_E5M2FNUZ" => 8,
        "I16" | "U16" | "F16" | "BF16" => 16,
        "I32" | "U32" | "F32" => 32,
        "I64" | "U64" | "F64" | "C64" => 64,
        _ => return Err(format!("dtype {dtype:?} is not one of safetensors'")),
    })
}

/// "its number of elements times the bits of its dtype, divided by 8. It is a whole number, every
/// partial product of the shape from the left fits 64 bits".
pub fn decoded_length(dtype: &str, shape: &[u64]) -> Result<u64, String> {
    let elements = shape.iter().try_fold(1_u64, |product, &side| product.checked_mul(side));
    let of_an_element = bits(dtype)?;
    let bits = elements.and_then(|elements| elements.checked_mul(of_an_element));
    let bits = bits.ok_or_else(|| format!("shape {shape:?} of {dtype} is too large"))?;
    require(bits.is_multiple_of(8), || {
        format!("shape {shape:?} of {dtype} is {bits} bits, not whole bytes")
    })?;
    Ok(bits / 8)
}
