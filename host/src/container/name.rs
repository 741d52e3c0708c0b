//! What a tensor may be called (FORMAT.md section 1.2).

/// Says which rule a name breaks.
///
/// Names never become paths here, but programs that read archives may make some of them, or hand them to C.
pub(super) fn check(name: &str) -> Result<(), &'static str> {
    if name.contains('\0') {
        return Err("its name contains a NUL character");
    }
    if name.split(['/', '\\']).any(|part| part == "..") {
        return Err("its name leads out of a folder by way of ..");
    }
    Ok(())
}
