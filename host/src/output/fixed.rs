//! Files and folders whose names cannot be given to others.

use crate::file_identity::FileIdentity;
use std::path::Path;

/// Returns whether the file or folder `place` has to stay where it is: it is a mount point, or the
/// working folder, which would be left without a name, or its user may not rename it.
pub(super) fn must_stay(place: &Path) -> bool {
    is_working_folder(place) || is_mount_point(place) || !system::may_be_renamed(place)
}

/// Returns whether something is mounted at `place`, as far as the system tells.
pub(super) fn is_mount_point(place: &Path) -> bool {
    system::is_mount_point(place)
}

fn is_working_folder(place: &Path) -> bool {
    let identity = |path| FileIdentity::of_path(path).map(|identity| identity.id());
    matches!((identity(place), identity(Path::new("."))), (Ok(one), Ok(other)) if one == other)
}

#[cfg(unix)]
mod system {
    use super::super::parent;
    use rustix::fs::{Access, AtFlags, CWD, accessat};
    use std::os::unix::fs::MetadataExt;
    use std::path::Path;

    pub fn is_mount_point(place: &Path) -> bool {
        let other_device = match (place.symlink_metadata(), parent(place).metadata()) {
            (Ok(place), Ok(parent)) => place.dev() != parent.dev(),
            _ => false,
        };
        other_device || is_bound(place)
    }

    /// Also where it is of its parent's file system, as with `mount --bind`.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn is_bound(place: &Path) -> bool {
        use rustix::fs::{StatxAttributes, StatxFlags, statx};
        statx(CWD, place, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::empty())
            .is_ok_and(|found| found.stx_attributes.contains(StatxAttributes::MOUNT_ROOT))
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn is_bound(_: &Path) -> bool {
        false
    }

    /// Returns whether its parent can be written to, and does not keep others' folders (the sticky
    /// bit).
    pub fn may_be_renamed(place: &Path) -> bool {
        let parent = parent(place);
        let allowed = Access::WRITE_OK | Access::EXEC_OK;
        if accessat(CWD, parent, allowed, AtFlags::EACCESS).is_err() {
            return false;
        }
        let (Ok(of_place), Ok(of_parent)) = (place.symlink_metadata(), parent.metadata()) else {
            return true;
        };
        let user = rustix::process::geteuid();
        let owns = |uid| user.is_root() || user.as_raw() == uid;
        of_parent.mode() & 0o1000 == 0 || owns(of_parent.uid()) || owns(of_place.uid())
    }
}

/// Elsewhere only the system knows, when it is asked to.
#[cfg(not(unix))]
mod system {
    use std::path::Path;

    pub fn is_mount_point(_: &Path) -> bool {
        false
    }

    pub fn may_be_renamed(_: &Path) -> bool {
        true
    }
}
