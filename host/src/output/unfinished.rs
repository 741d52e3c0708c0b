//! The list of temporary files, which a process removes when it is stopped.

use super::removal::remove_all;
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Temporary files and folders that exist now.
static UNFINISHED: Mutex<Unfinished> =
    Mutex::new(Unfinished { paths: BTreeSet::new(), stopped: false });

struct Unfinished {
    paths: BTreeSet<PathBuf>,
    stopped: bool,
}

/// Removes every temporary file and folder of this process's conversions, and makes every later
/// attempt to create or rename one fail.
///
/// For a program that ends while conversions run, such as by a signal: call it from an ordinary thread
/// (it allocates and takes a lock, so not in the signal handler itself) and end the process after it.
/// No output is left half done, and none of this process can be made after it.
pub fn remove_unfinished() {
    let mut unfinished = lock();
    unfinished.stopped = true;
    for path in std::mem::take(&mut unfinished.paths) {
        remove(&path);
    }
}

/// Runs `create` and puts the created path on the list.
pub(super) fn creating<T>(
    create: impl FnOnce() -> io::Result<T>,
    path: impl FnOnce(&T) -> PathBuf,
) -> io::Result<T> {
    let mut unfinished = lock();
    unfinished.check()?;
    let created = create()?;
    unfinished.paths.insert(path(&created));
    Ok(created)
}

/// Runs `rename`, which gives the temporary its final name or removes it, and takes `path` off the
/// list.
pub(super) fn renaming<T>(path: &Path, rename: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    let mut unfinished = lock();
    unfinished.check()?;
    unfinished.paths.remove(path);
    rename()
}

/// Runs `make`, which adds something to a temporary that is on the list.
pub(super) fn unless_stopped<T>(make: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    let unfinished = lock();
    unfinished.check()?;
    make()
}

/// Takes `path` off the list.
pub(super) fn forget(path: &Path) {
    lock().paths.remove(path);
}

impl Unfinished {
    fn check(&self) -> io::Result<()> {
        if self.stopped { Err(io::ErrorKind::Interrupted.into()) } else { Ok(()) }
    }
}

fn lock() -> MutexGuard<'static, Unfinished> {
    // A poisoned lock is no harm: the set of paths is whole at every moment.
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes a file, or a folder that another thread may still be writing into.
fn remove(path: &Path) {
    for _ in 0..10 {
        let removed = remove_all(path);
        if removed.is_ok() || path.symlink_metadata().is_err() {
            return;
        }
    }
}
