//! The identity of the file that a path or a handle leads to, whatever its name.
//!
//! Two paths can lead to one file: links, hard links, bind mounts. And one path can lead to another
//! file than before. So before anything is replaced or removed, files are compared by the numbers
//! that the system gives them.

use std::fs::{File, Metadata};
use std::io;
use std::path::Path;
use std::time::SystemTime;

/// The number of a file or folder: equal if and only if two paths lead to the same one.
///
/// It holds while the file exists; afterwards the system may give the number to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId {
    /// The device, or on Windows the volume's serial number.
    volume: u64,
    /// The inode, or on Windows the file index.
    number: u64,
}

/// A file or folder as it was at one moment: its number, its length and its times.
///
/// Equal values mean that nothing happened to the file in between, not even a change of its
/// mode or of its number of hard links. Removing one of two hard links changes the other's
/// identity, too: compare those by [`FileIdentity::has_same_content`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileIdentity {
    id: FileId,
    len: u64,
    modified: Option<SystemTime>,
    /// When the inode last changed, in seconds and nanoseconds. No program can set it back, as
    /// it can `modified`. Windows has none; there it is 0.
    changed: (i64, i64),
}

impl FileIdentity {
    /// The identity of an open file or folder.
    ///
    /// # Errors
    /// Errors of the system.
    pub fn of_file(file: &File) -> io::Result<Self> {
        Ok(Self::new(system::id_of_file(file)?, &file.metadata()?))
    }

    /// The identity of the file or folder that `path` leads to; links are followed.
    ///
    /// # Errors
    /// Errors of the system, [`io::ErrorKind::NotFound`] where there is none among them.
    pub fn of_path(path: &Path) -> io::Result<Self> {
        Ok(Self::new(system::id_of_path(path)?, &path.metadata()?))
    }

    /// The identity of the file, folder or link named `path`; a link is not followed.
    ///
    /// # Errors
    /// As [`FileIdentity::of_path`].
    pub fn of_link(path: &Path) -> io::Result<Self> {
        Ok(Self::new(system::id_of_link(path)?, &path.symlink_metadata()?))
    }

    fn new(id: FileId, metadata: &Metadata) -> Self {
        let modified = metadata.modified().ok();
        Self { id, len: metadata.len(), modified, changed: system::changed(metadata) }
    }

    /// The file's number.
    pub fn id(&self) -> FileId {
        self.id
    }

    /// Returns whether both are one file of the same length that has not been written to in
    /// between, as far as its time of modification tells. Its mode, owner and links may have
    /// changed.
    pub fn has_same_content(&self, other: &Self) -> bool {
        (self.id, self.len, self.modified) == (other.id, other.len, other.modified)
    }
}

#[cfg(unix)]
mod system {
    use super::FileId;
    use std::fs::{File, Metadata};
    use std::io;
    use std::os::unix::fs::MetadataExt;
    use std::path::Path;

    fn id(metadata: &Metadata) -> FileId {
        FileId { volume: metadata.dev(), number: metadata.ino() }
    }

    pub fn id_of_file(file: &File) -> io::Result<FileId> {
        file.metadata().map(|metadata| id(&metadata))
    }

    pub fn id_of_path(path: &Path) -> io::Result<FileId> {
        path.metadata().map(|metadata| id(&metadata))
    }

    pub fn id_of_link(path: &Path) -> io::Result<FileId> {
        path.symlink_metadata().map(|metadata| id(&metadata))
    }

    pub fn changed(metadata: &Metadata) -> (i64, i64) {
        (metadata.ctime(), metadata.ctime_nsec())
    }
}

#[cfg(windows)]
mod system {
    use super::FileId;
    use std::fs::{File, Metadata, OpenOptions};
    use std::io;
    use std::os::windows::fs::OpenOptionsExt;
    use std::path::Path;

    /// `FILE_FLAG_BACKUP_SEMANTICS`: opens folders, too.
    const FOLDERS_TOO: u32 = 0x0200_0000;
    /// `FILE_FLAG_OPEN_REPARSE_POINT`: opens a link, not what it leads to.
    const LINK_ITSELF: u32 = 0x0020_0000;

    pub fn id_of_file(file: &File) -> io::Result<FileId> {
        let information = winapi_util::file::information(file)?;
        let volume = information.volume_serial_number();
        Ok(FileId { volume, number: information.file_index() })
    }

    pub fn id_of_path(path: &Path) -> io::Result<FileId> {
        id_of_opened(path, FOLDERS_TOO)
    }

    pub fn id_of_link(path: &Path) -> io::Result<FileId> {
        id_of_opened(path, FOLDERS_TOO | LINK_ITSELF)
    }

    /// Without any access to its content, which could be denied.
    fn id_of_opened(path: &Path, flags: u32) -> io::Result<FileId> {
        id_of_file(&OpenOptions::new().access_mode(0).custom_flags(flags).open(path)?)
    }

    pub fn changed(_: &Metadata) -> (i64, i64) {
        (0, 0)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use tempfile::TempDir;

    /// A folder with the file `a`, which is linked to by `hard` and `soft`.
    fn linked() -> TempDir {
        let folder = TempDir::new().unwrap();
        let [a, hard, soft] = ["a", "hard", "soft"].map(|name| folder.path().join(name));
        fs::write(&a, "a").unwrap();
        fs::hard_link(&a, hard).unwrap();
        symlink("a", soft).unwrap();
        folder
    }

    #[test]
    fn every_way_to_a_file_leads_to_one_identity() {
        let folder = linked();
        let [a, hard, soft] = ["a", "hard", "soft"].map(|name| folder.path().join(name));
        let expected = FileIdentity::of_path(&a).unwrap();
        assert_eq!(FileIdentity::of_link(&a).unwrap(), expected);
        assert_eq!(FileIdentity::of_path(&hard).unwrap(), expected);
        assert_eq!(FileIdentity::of_path(&soft).unwrap(), expected);
        assert_eq!(FileIdentity::of_file(&File::open(&soft).unwrap()).unwrap(), expected);
        assert_ne!(FileIdentity::of_link(&soft).unwrap().id(), expected.id());
        let missing = FileIdentity::of_path(&folder.path().join("no")).unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn another_file_of_the_name_is_another() {
        let folder = linked();
        let [a, b] = ["a", "b"].map(|name| folder.path().join(name));
        let before = FileIdentity::of_path(&a).unwrap();
        fs::write(&b, "a").unwrap();
        fs::rename(&b, &a).unwrap();
        let after = FileIdentity::of_path(&a).unwrap();
        assert!(after.id() != before.id() && !after.has_same_content(&before));
    }

    #[test]
    fn a_change_shows_even_if_the_time_was_set_back() {
        let folder = linked();
        let path = folder.path().join("a");
        let file = File::options().write(true).open(&path).unwrap();
        let before = FileIdentity::of_path(&path).unwrap();
        // Longer than the clock of any file system needs to move on.
        std::thread::sleep(std::time::Duration::from_millis(50));
        fs::write(&path, "b").unwrap();
        file.set_modified(before.modified.unwrap()).unwrap();
        let after = FileIdentity::of_path(&path).unwrap();
        assert!(after.id() == before.id() && after != before);

        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(FileIdentity::of_path(&path).unwrap().has_same_content(&before));
    }
}
