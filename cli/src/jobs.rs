//! The jobs of several inputs, one after another.

use crate::args::Files;
use crate::console::Console;
use anyhow::bail;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use wcodec::convert::Summary;

/// An input and its output.
pub struct Job {
    pub source: PathBuf,
    pub target: PathBuf,
}

/// Names the outputs; `default` is the one that an input has where none is given.
pub fn plan(
    files: &Files,
    default: impl Fn(&Path) -> anyhow::Result<PathBuf>,
) -> anyhow::Result<Vec<Job>> {
    if let Some(output) = &files.output {
        return one(files, output).map(|job| vec![job]);
    }
    let mut jobs = Vec::new();
    for source in &files.inputs {
        let target = default(source)?;
        let target = match (&files.output_dir, target.file_name()) {
            (Some(folder), Some(name)) => folder.join(name),
            _ => target,
        };
        jobs.push(Job { source: source.clone(), target });
    }
    check_distinct(&jobs)?;
    if let Some(folder) = &files.output_dir {
        wcodec::programs::create_folder(folder)?;
    }
    Ok(jobs)
}

fn one(files: &Files, output: &Path) -> anyhow::Result<Job> {
    if output == "-" {
        bail!(
            "- cannot be the output: files are written to disk, checked, and then get their name"
        );
    }
    match files.inputs.as_slice() {
        [source] => Ok(Job { source: source.clone(), target: output.to_path_buf() }),
        several => {
            bail!("-o names one output, and there are {} inputs: use --output-dir", several.len())
        }
    }
}

/// Two inputs of one name must not end in one output, of which the first would be lost with
/// `--force`.
fn check_distinct(jobs: &[Job]) -> anyhow::Result<()> {
    let mut targets: BTreeMap<PathBuf, &Path> = BTreeMap::new();
    for Job { source, target } in jobs {
        if let Some(other) = targets.insert(real_path(target), source) {
            let (other, source) = (other.display(), source.display());
            bail!("{other} and {source} would both become {}", target.display());
        }
    }
    Ok(())
}

/// The path of a file that may not be there, by the real one of its folder.
fn real_path(target: &Path) -> PathBuf {
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
    folder.join(target.file_name().unwrap_or_default())
}

/// Runs each of several, whatever becomes of the others; errors are printed as they come.
pub fn each<T>(
    items: &[T],
    console: &Console,
    mut run: impl FnMut(&T) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    if let [only] = items {
        return run(only);
    }
    let mut failed = Failed { count: 0, of: items.len(), code: 0 };
    for item in items {
        if let Err(error) = run(item) {
            console.error(&error);
            failed.count += 1;
            failed.code = failed.code.max(exit_code(&error));
        }
    }
    if failed.count == 0 { Ok(()) } else { Err(failed.into()) }
}

/// Some of several inputs failed.
#[derive(Debug)]
pub struct Failed {
    count: usize,
    of: usize,
    /// The highest exit status of them.
    pub code: u8,
}

impl fmt::Display for Failed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} of {} inputs failed", self.count, self.of)
    }
}

impl std::error::Error for Failed {}

/// Fails where weights were left out, which must not pass for done.
pub fn check_nothing_left_out(summary: &Summary) -> anyhow::Result<()> {
    let Some(first) = summary.left_out.first() else { return Ok(()) };
    let more = match summary.left_out.len() - 1 {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    bail!(
        "{}{more} left out, with weights in it: hidden folders are not taken along, nor are files \
         that appear meanwhile; all else is done, and no source was removed",
        first.display()
    )
}

/// 1 where the data is at fault, otherwise 2.
pub fn exit_code(error: &anyhow::Error) -> u8 {
    if let Some(failed) = error.downcast_ref::<Failed>() {
        return failed.code;
    }
    let known = error.chain().find_map(|cause| cause.downcast_ref::<wcodec::Error>());
    if known.is_some_and(wcodec::Error::is_bad_data) { 1 } else { 2 }
}
