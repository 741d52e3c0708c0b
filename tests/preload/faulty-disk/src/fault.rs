//! The call that fails, and the failure.

use std::env;
use std::ffi::CStr;
use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The fate of a call.
pub enum Fate {
    /// It is carried out.
    Sound,
    /// It fails with this error number.
    Fails(i32),
    /// It does half of what it should.
    Short,
}

struct Plan {
    folder: PathBuf,
    call: u64,
    with: String,
}

static CALLS: AtomicU64 = AtomicU64::new(0);
/// The number of calls that only set attributes of a file.
static OPTIONAL: AtomicU64 = AtomicU64::new(0);

fn plan() -> Option<&'static Plan> {
    static PLAN: OnceLock<Option<Plan>> = OnceLock::new();
    let read = || {
        let folder = PathBuf::from(env::var_os("FAULTY_FOLDER")?);
        let call = env::var("FAULTY_CALL").ok()?.parse().ok()?;
        // SAFETY: the function may be called at any time, and takes nothing.
        unsafe { libc::atexit(leave_count) };
        Some(Plan { folder, call, with: env::var("FAULTY_WITH").ok()? })
    };
    PLAN.get_or_init(read).as_ref()
}

/// Errors are not reported: the test misses the file.
extern "C" fn leave_count() {
    if let Some(path) = env::var_os("FAULTY_COUNT") {
        let count = |calls: &AtomicU64| calls.load(Ordering::SeqCst);
        let _ = fs::write(path, format!("{} {}", count(&CALLS), count(&OPTIONAL)));
    }
}

/// The fate of a call on the file with this descriptor.
pub fn of_descriptor(descriptor: i32) -> Fate {
    match fs::read_link(format!("/proc/self/fd/{descriptor}")) {
        Ok(path) => of(path),
        Err(_) => Fate::Sound,
    }
}

/// The fate of a call that gives the file with this descriptor an attribute.
pub fn of_attribute(descriptor: i32) -> Fate {
    let calls = CALLS.load(Ordering::SeqCst);
    let fate = of_descriptor(descriptor);
    // One thread at a time finishes files, so that no other call comes in between.
    OPTIONAL.fetch_add(CALLS.load(Ordering::SeqCst) - calls, Ordering::SeqCst);
    fate
}

/// The fate of a call on a file by its path.
pub fn of_path(path: &CStr) -> Fate {
    of(PathBuf::from(std::ffi::OsStr::from_bytes(path.to_bytes())))
}

fn of(path: PathBuf) -> Fate {
    match plan() {
        Some(plan) if path.starts_with(&plan.folder) => {
            match CALLS.fetch_add(1, Ordering::SeqCst) == plan.call {
                true if plan.with == "short" => Fate::Short,
                true if plan.with == "kill" => kill(),
                true => Fate::Fails(plan.with.parse().unwrap_or(libc::EIO)),
                false => Fate::Sound,
            }
        }
        _ => Fate::Sound,
    }
}

fn kill() -> ! {
    // SAFETY: the function takes no pointer; this signal ends the process before it returns.
    unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
    std::process::abort()
}

/// Errors are not reported: the test misses the path.
pub fn note_flushed(descriptor: i32) {
    let Some(list) = env::var_os("FAULTY_FLUSHED") else { return };
    let path = fs::read_link(format!("/proc/self/fd/{descriptor}")).unwrap_or_default();
    let file = fs::OpenOptions::new().append(true).create(true).open(list);
    let _ = file.and_then(|mut file| writeln!(file, "{}", path.display()));
}
