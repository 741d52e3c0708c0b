//! Removal of temporary files when a signal ends the program.

use std::io;

/// Removes temporary files at a signal that would end the program, and then ends as that does.
///
/// A signal that is ignored from the start, as SIGHUP is under nohup, keeps being ignored. SIGPIPE
/// ends no program in Rust: writing to a closed pipe is an error instead.
#[cfg(unix)]
pub fn clean_up_when_told_to_stop() -> io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXCPU, SIGXFSZ};
    use signal_hook::iterator::Signals;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    // A file that reaches the limit of `ulimit -f` is then an error to report, like a full disk.
    signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)))?;
    let ending = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXCPU];
    let mut signals = Signals::new(ending.into_iter().filter(|signal| !is_ignored(*signal)))?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for signal in signals.forever() {
            STOPPING.store(true, Ordering::SeqCst);
            wcodec::convert::remove_unfinished();
            if signal_hook::low_level::emulate_default_handler(signal).is_err() {
                std::process::exit(2);
            }
        }
    })?;
    Ok(())
}

/// Set once a signal is about to end the program.
#[cfg(unix)]
static STOPPING: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

/// Does not return where a signal is about to end the program: that its temporary files are gone
/// is no error to report, and the status is to be the signal's.
#[cfg(unix)]
pub fn let_the_signal_end_it() {
    while STOPPING.load(std::sync::atomic::Ordering::SeqCst) {
        std::thread::park();
    }
}

/// Returns whether the program was started with this signal ignored, as far as the system tells:
/// Linux does. Elsewhere SIGHUP is left alone, as handling it would end what nohup is to protect.
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else {
        return signal == signal_hook::consts::SIGHUP;
    };
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    mask >> (signal - 1) & 1 == 1
}

/// Elsewhere temporary files stay when the program is stopped; their names have the targets' names
/// in them.
#[cfg(not(unix))]
pub fn clean_up_when_told_to_stop() -> io::Result<()> {
    Ok(())
}

/// Elsewhere no signal is handled.
#[cfg(not(unix))]
pub fn let_the_signal_end_it() {}
