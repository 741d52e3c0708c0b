//! A terminal for a program's standard error, and the bytes sent to it.

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, ExitStatus};
use std::thread;

/// Runs a program to its end with a terminal of 100 columns as its standard error.
pub fn run(mut command: Command) -> (ExitStatus, String) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&master).expect("a terminal of one's own");
    unlockpt(&master).expect("a terminal to open");
    let name = ptsname(&master, Vec::new()).expect("a terminal with a name");
    let path = OsStr::from_bytes(name.as_bytes());
    let slave = OpenOptions::new().read(true).write(true).open(path).expect("its other end");
    let size = Winsize { ws_row: 24, ws_col: 100, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(&slave, size).expect("a terminal has a size");
    let mut child = command.stderr(slave).spawn().expect("the program starts");
    // It holds the other end as well, and there is no end of it before all are closed.
    drop(command);
    let reader = thread::spawn(move || {
        let mut sent = Vec::new();
        // The last read fails: no program holds the other end any more.
        let _ = File::from(master).read_to_end(&mut sent);
        String::from_utf8_lossy(&sent).into_owned()
    });
    let status = child.wait().expect("the program ends");
    (status, reader.join().expect("it can be read"))
}
