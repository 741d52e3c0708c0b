//! Standard output.

use crate::terminal::printable_json;
use anyhow::Context;
use serde::Serialize;
use std::io::{self, BufWriter, StdoutLock, Write};
use wcodec_bench::escape::printable_lines;

/// Prints `text`, escaped; a reader that has seen enough and closed the pipe is no error.
pub fn print(text: &str) -> anyhow::Result<()> {
    write(|out| out.write_all(printable_lines(text).as_bytes()))
}

/// Prints a value as JSON, in which the terminal finds nothing to obey either.
pub fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    write(|out| print_json_to(out, value))
}

/// As [`print_json`], to anything.
pub fn print_json_to(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut Escaping(&mut *out), value)?;
    out.write_all(b"\n")
}

/// Runs `print` with standard output; errors are those of [`print`].
pub fn write(
    print: impl FnOnce(&mut BufWriter<StdoutLock<'static>>) -> io::Result<()>,
) -> anyhow::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    match print(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot write to standard output"),
    }
}

/// Escapes what a JSON serializer writes.
struct Escaping<'a, W>(&'a mut W);

impl<W: Write> Write for Escaping<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // The serializer writes whole pieces of strings.
        let text = str::from_utf8(bytes).map_err(io::Error::other)?;
        self.0.write_all(printable_json(text).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
