//! Several renames, all or none.

use super::removal::make_writable;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Renames that were carried out, so that they can be undone.
#[derive(Debug, Default)]
pub(super) struct Renames(Vec<(PathBuf, PathBuf)>);

impl Renames {
    /// Gives `from` the name `to`, which nothing has.
    pub fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        if to.symlink_metadata().is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        rename(from, to)?;
        self.0.push((from.to_path_buf(), to.to_path_buf()));
        Ok(())
    }

    /// Moves `from` into `folder`.
    pub fn move_into(&mut self, from: &Path, folder: &Path) -> io::Result<()> {
        self.rename(from, &folder.join(from.file_name().unwrap_or_default()))
    }

    /// Undoes all that can be undone, the last first.
    pub fn undo(self) {
        for (from, to) in self.0.into_iter().rev() {
            if let Err(error) = rename(&to, &from) {
                let (from, to) = (from.display(), to.display());
                tracing::warn!("{to} could not be moved back to {from}: {error}");
            }
        }
    }
}

/// Renames a file, or a folder with its mode: to be moved into another one it must allow its owner
/// to write to it, as its `..` changes.
fn rename(from: &Path, to: &Path) -> io::Result<()> {
    let metadata = from.symlink_metadata()?;
    if !metadata.is_dir() {
        return fs::rename(from, to);
    }
    make_writable(from)?;
    let renamed = fs::rename(from, to);
    let place = if renamed.is_ok() { to } else { from };
    if place.symlink_metadata()?.permissions() != metadata.permissions() {
        fs::set_permissions(place, metadata.permissions())?;
    }
    renamed
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use tempfile::TempDir;

    #[test]
    fn a_read_only_folder_is_moved_there_and_back() {
        let folder = TempDir::new().unwrap();
        let [from, to, other] = ["from", "to", "other"].map(|name| folder.path().join(name));
        for path in [&from, &to, &other] {
            fs::create_dir(path).unwrap();
        }
        fs::create_dir(from.join("d")).unwrap();
        fs::set_permissions(from.join("d"), fs::Permissions::from_mode(0o500)).unwrap();
        let mode = |path: &Path| path.symlink_metadata().unwrap().permissions().mode() & 0o777;
        let mut renames = Renames::default();
        renames.move_into(&from.join("d"), &to).unwrap();
        assert_eq!(mode(&to.join("d")), 0o500);
        fs::create_dir(other.join("d")).unwrap();
        let taken = renames.move_into(&to.join("d"), &other).unwrap_err();
        assert_eq!(taken.kind(), io::ErrorKind::AlreadyExists);
        renames.undo();
        assert_eq!(mode(&from.join("d")), 0o500);
        assert!(!to.join("d").exists());
    }
}
