//! Reading with every access checked. FORMAT.md, opening: "All integers are little-endian and
//! unsigned"; "`align(x, n)` is the smallest multiple of `n` not below `x`"; "Padding bytes are
//! zero; a reader rejects others".

/// The `length` bytes from byte offset `at` on.
pub fn slice<'a>(bytes: &'a [u8], at: u64, length: u64, what: &str) -> Result<&'a [u8], String> {
    let range = || {
        let end = usize::try_from(at.checked_add(length)?).ok()?;
        bytes.get(usize::try_from(at).ok()?..end)
    };
    range().ok_or_else(|| {
        format!("{what}: {length} bytes at {at} do not lie in the {} there are", bytes.len())
    })
}

/// The little-endian integer of `size` bytes, at most 8, at byte offset `at`.
pub fn integer(bytes: &[u8], at: u64, size: u64, what: &str) -> Result<u64, String> {
    let digits = slice(bytes, at, size, what)?;
    Ok(digits.iter().rev().fold(0, |value, &digit| value << 8 | u64::from(digit)))
}

/// The byte at byte offset `at`.
pub fn byte(bytes: &[u8], at: u64, what: &str) -> Result<u8, String> {
    Ok(slice(bytes, at, 1, what)?[0])
}

/// Checks that a reserved field or a gap holds zeros only.
pub fn zeros(bytes: &[u8], at: u64, length: u64, what: &str) -> Result<(), String> {
    match slice(bytes, at, length, what)?.iter().position(|&byte| byte != 0) {
        None => Ok(()),
        Some(place) => Err(format!("{what}: byte {place} of {length} at {at} is not zero")),
    }
}

/// The smallest multiple of `n` not below `x`.
pub fn align(x: u64, n: u64, what: &str) -> Result<u64, String> {
    x.checked_next_multiple_of(n).ok_or_else(|| format!("{what}: {x} is too large to align"))
}

/// Turns a broken rule into an error.
pub fn require(holds: bool, complaint: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(complaint()) }
}
