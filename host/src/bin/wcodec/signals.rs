//! Leaving nothing behind when told to stop.

use std::io;

/// Removes temporary files at SIGINT and SIGTERM, and then ends as these end a program.
///
/// SIGHUP keeps its meaning: where it is ignored, as under nohup, handling it would end a program that is to go on.
#[cfg(unix)]
pub fn clean_up_when_told_to_stop() -> io::Result<()> {
    use signal_hook::consts::{SIGINT, SIGTERM, SIGXFSZ};
    use signal_hook::iterator::Signals;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    // A file that reaches the limit of `ulimit -f` is then an error to report, like a full disk.
    signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)))?;
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for signal in signals.forever() {
            wcodec::output::remove_unfinished();
            if signal_hook::low_level::emulate_default_handler(signal).is_err() {
                std::process::exit(2);
            }
        }
    })?;
    Ok(())
}

/// Elsewhere temporary files stay when the program is stopped; their names say what they were to become.
#[cfg(not(unix))]
pub fn clean_up_when_told_to_stop() -> io::Result<()> {
    Ok(())
}
