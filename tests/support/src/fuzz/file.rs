//! Bytes as a file, which is what the library opens.

use std::cell::RefCell;
use std::fs::File;
use std::io::{Seek, Write};
use std::path::Path;
use tempfile::NamedTempFile;

thread_local! {
    /// One file, written anew each time.
    static FILE: RefCell<NamedTempFile> = RefCell::new(NamedTempFile::new().expect("a temporary file"));
}

/// Runs `work` with the path of a file of these bytes.
pub fn with<T>(bytes: &[u8], work: impl FnOnce(&Path) -> T) -> T {
    FILE.with_borrow_mut(|file| {
        write(file.as_file_mut(), bytes).expect("a temporary file can be written");
        work(file.path())
    })
}

/// In place, as cutting a file to nothing first has some file systems wait for the disk.
fn write(file: &mut File, bytes: &[u8]) -> std::io::Result<()> {
    file.rewind()?;
    file.write_all(bytes)?;
    file.set_len(bytes.len() as u64)
}
