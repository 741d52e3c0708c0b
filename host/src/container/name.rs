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

/// Says why a name cannot be that of a file: it is to be one part of a path wherever the archive is read.
pub(super) fn check_file_name(name: &str) -> Result<(), &'static str> {
    match name {
        "" => Err("it is empty"),
        "." | ".." => Err("it is not the name of a file"),
        _ if name.contains(['/', '\\', '\0']) => Err("it contains a slash or a NUL character"),
        _ => Ok(()),
    }
}
