//! The mode, owner and times that an output takes over from its source.

use std::fs::{File, FileTimes, Metadata, Permissions};
use std::io;
use std::path::Path;

/// The mode, owner and times of a file or folder.
///
/// An output is given them as far as its file system and the user's rights allow. A refused
/// attribute is a warning and never an error: network file systems refuse some, and only when all
/// the work is done.
#[derive(Debug, Clone)]
pub struct Attributes {
    permissions: Permissions,
    times: FileTimes,
    /// User and group.
    #[cfg(unix)]
    owner: (u32, u32),
}

/// An attribute, and why it was refused.
type Refused = (&'static str, io::Error);

impl Attributes {
    /// The attributes in `metadata`.
    pub fn of(metadata: &Metadata) -> Self {
        let mut times = FileTimes::new();
        if let Ok(modified) = metadata.modified() {
            times = times.set_modified(modified);
        }
        if let Ok(accessed) = metadata.accessed() {
            times = times.set_accessed(accessed);
        }
        Self {
            permissions: metadata.permissions(),
            times,
            #[cfg(unix)]
            owner: {
                use std::os::unix::fs::MetadataExt;
                (metadata.uid(), metadata.gid())
            },
        }
    }

    /// Gives them to `file`, which the messages call `named`, and warns of those that were refused.
    pub(crate) fn apply_to(&self, file: &File, named: &Path) {
        let mut refused = self.give_permissions(file);
        refused.extend(file.set_times(self.times).err().map(|error| ("times", error)));
        let Some((_, reason)) = refused.first() else { return };
        let what: Vec<_> = refused.iter().map(|(what, _)| *what).collect();
        let (what, named) = (what.join(", "), named.display());
        tracing::warn!("{named} does not have the {what} of its source: {reason}");
    }

    /// The owner before the mode, so that the mode never grants another user what the source did
    /// not.
    #[cfg(unix)]
    fn give_permissions(&self, file: &File) -> Vec<Refused> {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        let now = match file.metadata() {
            Ok(now) => now,
            Err(error) => return vec![("mode", error)],
        };
        let (mut refused, has_group) = self.give_owner(file, (now.uid(), now.gid()));
        let mut mode = self.permissions.mode() & 0o777;
        if !has_group {
            // Another group may do no more than both the source's group and all others might.
            let both = mode >> 3 & mode & 0o7;
            mode = mode & 0o700 | both << 3 | both;
        }
        if now.is_dir() {
            // A folder inherits this from its parent: new files in it get its group.
            mode |= now.mode() & 0o2000;
        }
        let changed = file.set_permissions(Permissions::from_mode(mode));
        refused.extend(changed.err().map(|error| ("mode", error)));
        refused
    }

    /// Gives `file` the user, as root alone can, and the group, as its members can. Returns the
    /// attributes refused to root, and whether the file has the group.
    #[cfg(unix)]
    fn give_owner(&self, file: &File, now: (u32, u32)) -> (Vec<Refused>, bool) {
        use std::os::unix::fs::fchown;
        let is_root = rustix::process::geteuid().is_root();
        let (user, group) = self.owner;
        let mut refused = Vec::new();
        let mut has_group = group == now.1;
        if !has_group {
            match fchown(file, None, Some(group)) {
                Ok(()) => has_group = true,
                Err(error) if is_root => refused.push(("group", error)),
                Err(_) => {}
            }
        }
        if is_root && user != now.0 {
            refused.extend(fchown(file, Some(user), None).err().map(|error| ("owner", error)));
        }
        (refused, has_group)
    }

    #[cfg(not(unix))]
    fn give_permissions(&self, file: &File) -> Vec<Refused> {
        let changed = file.set_permissions(self.permissions.clone());
        changed.err().map(|error| ("permissions", error)).into_iter().collect()
    }
}
