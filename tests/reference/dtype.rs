//! FORMAT.md section 1.2: `dtype`, "as safetensors spells it".

use super::bytes::require;

/// The bits of an element. The names and sizes are those of safetensors 0.8.
pub fn bits(dtype: &str) -> Result<u64, String> {
    Ok(match dtype {
        "F4" => 4,
        "F6_E2M3" | "F6_E3M2" => 6,
        "BOOL" | "U8" | "I8" => 8,
        "F8_E5M2" | "F8_E4M3" | "F8_E8M0" | "F8_E4M3FNUZ" | "F8_E5M2FNUZ" => 8,
        "I16" | "U16" | "F16" | "BF16" => 16,
        "I32" | "U32" | "F32" => 32,
        "C64" | "F64" | "I64" | "U64" => 64,
        _ => return Err(format!("dtype {dtype:?} is not one of safetensors'")),
    })
}

/// "its number of elements times the bits of its dtype, divided by 8", which must leave nothing.
pub fn decoded_length(dtype: &str, shape: &[u64]) -> Result<u64, String> {
    let bits = shape.iter().try_fold(bits(dtype)?, |product, &side| product.checked_mul(side));
    let bits = bits.ok_or_else(|| format!("shape {shape:?} of {dtype} is too large"))?;
    require(bits.is_multiple_of(8), || {
        format!("shape {shape:?} of {dtype} is {bits} bits, not whole bytes")
    })?;
    Ok(bits / 8)
}
