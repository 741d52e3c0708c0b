//! Removes unfinished files and folders.

use std::fs;
use std::io;
use std::path::Path;

/// Removes a file or a folder with all that is in it, folders that their sources' modes made
/// read-only among them.
///
/// # Errors
/// Errors of the system.
pub(super) fn remove_all(path: &Path) -> io::Result<()> {
    if !path.symlink_metadata()?.is_dir() {
        return fs::remove_file(path);
    }
    fs::remove_dir_all(path).or_else(|_| {
        make_all_writable(path)?;
        fs::remove_dir_all(path)
    })
}

fn make_all_writable(folder: &Path) -> io::Result<()> {
    make_writable(folder)?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            make_all_writable(&entry.path())?;
        }
    }
    Ok(())
}

/// Allows the owner to remove the content of `folder`.
#[cfg(unix)]
pub(super) fn make_writable(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mut permissions = folder.symlink_metadata()?.permissions();
    if permissions.mode() & 0o700 == 0o700 {
        return Ok(());
    }
    permissions.set_mode(permissions.mode() | 0o700);
    fs::set_permissions(folder, permissions)
}

/// Elsewhere a folder's attributes do not prevent that.
#[cfg(not(unix))]
pub(super) fn make_writable(_: &Path) -> io::Result<()> {
    Ok(())
}
