//! What most functions on files are told: device, threads, limits, bases, and the function to tell of
//! progress.

use crate::errors::{argument, exception};
use crate::interrupt::watched;
use crate::meter::Meter;
use pyo3::prelude::*;
use std::collections::BTreeMap;
use std::path::PathBuf;
use wcodec::container::Limits;
use wcodec::encode::EntropyCoder;
use wcodec::{DeviceChoice, Error, Profile};

/// The program's limit.
const MOST_THREADS: usize = 1024;

/// The settings, as Python hands them over.
#[derive(FromPyObject)]
pub struct Given {
    device: String,
    threads: i64,
    limits: BTreeMap<String, u64>,
    progress: Option<Py<PyAny>>,
    bases: Vec<PathBuf>,
}

/// The settings, checked.
pub struct Settings {
    pub device: DeviceChoice,
    pub limits: Limits,
    /// Files and folders whose tensors others are coded against.
    bases: Vec<PathBuf>,
    threads: usize,
    progress: Option<Py<PyAny>>,
}

impl Settings {
    pub fn new(py: Python<'_>, given: Given) -> PyResult<Self> {
        let Given { device, threads, limits, progress, bases } = given;
        let device = wcodec_cli::device(&device).map_err(|reason| argument(py, &reason))?;
        let threads = usize::try_from(threads).ok().filter(|&threads| threads <= MOST_THREADS);
        let no_number =
            || argument(py, &format!("threads is not a number from 0 to {MOST_THREADS}"));
        let threads = threads.ok_or_else(no_number)?;
        let limits = limits.iter().try_fold(Limits::new(), |limits, (name, &most)| {
            let unknown = || argument(py, &format!("there is no limit '{name}'"));
            with_limit(limits, name, most).ok_or_else(unknown)
        })?;
        Ok(Self { device, limits, bases, threads, progress })
    }

    /// The device, the limits and the bases, which are taken out.
    pub fn parts(&mut self) -> (DeviceChoice, Limits, Vec<PathBuf>) {
        (self.device, self.limits, std::mem::take(&mut self.bases))
    }

    /// Does work on as many threads as were asked for, looked after by this one.
    pub fn run<T: Send>(
        self,
        py: Python<'_>,
        work: impl FnOnce(&Meter) -> anyhow::Result<T> + Send,
    ) -> PyResult<T> {
        let meter = Meter::default();
        let (threads, progress) = (self.threads, self.progress.as_ref());
        let result = watched(
            py,
            &meter.cancelled,
            |py| meter.tell(py, progress),
            || in_pool(threads, || work(&meter)),
        )?;
        let value = result.map_err(|error| failed(py, &error))?;
        meter.tell(py, progress)?;
        Ok(value)
    }
}

fn in_pool<T: Send>(
    threads: usize,
    work: impl FnOnce() -> anyhow::Result<T> + Send,
) -> anyhow::Result<T> {
    if threads == 0 {
        return work();
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let refused = |error: rayon::ThreadPoolBuildError| Error::Threads { reason: error.to_string() };
    pool.map_err(refused)?.install(work)
}

/// The exception for an error of the program: the library's, or one about what it was given.
fn failed(py: Python<'_>, error: &anyhow::Error) -> PyErr {
    match error.chain().find_map(|cause| cause.downcast_ref::<Error>()) {
        Some(known) => exception(py, known),
        None => argument(py, &format!("{error:#}")),
    }
}

fn with_limit(limits: Limits, name: &str, most: u64) -> Option<Limits> {
    match name {
        "header_bytes" => Some(limits.header_bytes(most)),
        "tensors" => Some(limits.tensors(most)),
        "name_bytes" => Some(limits.name_bytes(most)),
        "dimensions" => Some(limits.dimensions(most)),
        "json_depth" => Some(limits.json_depth(most)),
        "tensor_bytes" => Some(limits.tensor_bytes(most)),
        "bases" => Some(limits.bases(most)),
        _ => None,
    }
}

/// The profile of this name.
pub fn profile(py: Python<'_>, name: &str) -> PyResult<Profile> {
    match name {
        "ratio" => Ok(Profile::Ratio),
        "balanced" => Ok(Profile::Balanced),
        "fast" => Ok(Profile::Fast),
        other => {
            let message = format!("there is no profile '{other}': it is ratio, balanced or fast");
            Err(argument(py, &message))
        }
    }
}

/// The entropy coder of this name.
pub fn entropy(py: Python<'_>, name: &str) -> PyResult<EntropyCoder> {
    match name {
        "tans" => Ok(EntropyCoder::Tans),
        "rans" => Ok(EntropyCoder::Rans),
        other => {
            let message = format!("there is no entropy coder '{other}': it is tans or rans");
            Err(argument(py, &message))
        }
    }
}
