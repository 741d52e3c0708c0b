//! Whole files and folders, converted and described; and the program itself.

use crate::settings::{Given, Settings, entropy, profile};
use pyo3::prelude::*;
use std::ffi::OsString;
use std::path::PathBuf;
use wcodec::container::Limits;
use wcodec::convert::{
    Bases, CompressOptions, DecompressOptions, Summary, VerifyOptions, compress_file,
    compress_folder, decompress_file, decompress_folder, verify_file, verify_folder,
};
use wcodec::{Decoder, Encoder};
use wcodec_cli::json::{self, AnalyzeOptions};
use wcodec_cli::names;

/// A summary as Python gets it: the target, tensors, their bytes, those read, those written, what was left out, whether a
/// folder's completeness is known, and the device that decoded.
type Done = (PathBuf, u64, u64, u64, u64, Vec<PathBuf>, bool, Option<String>);

fn done(target: PathBuf, summary: Summary, decoder: Option<&Decoder>) -> Done {
    let Summary { tensors, tensor_bytes, input_bytes, output_bytes, left_out, manifest, .. } =
        summary;
    let device = decoder.map(|decoder| decoder.device().to_string());
    let is_listed = manifest.is_some();
    (target, tensors, tensor_bytes, input_bytes, output_bytes, left_out, is_listed, device)
}

/// Opens what tensors are coded against; `None` where there are no such files.
fn open_bases(paths: &[PathBuf], limits: Limits) -> wcodec::Result<Option<Bases>> {
    (!paths.is_empty()).then(|| Bases::open(paths, limits)).transpose()
}

/// Compresses a file or a folder, with the names of a profile and an entropy coder.
#[pyfunction]
pub fn compress(
    py: Python<'_>,
    source: PathBuf,
    target: Option<PathBuf>,
    coding: (String, String),
    verify: bool,
    overwrite: bool,
    settings: Given,
) -> PyResult<Done> {
    let mut settings = Settings::new(py, settings)?;
    let (device, limits, bases) = settings.parts();
    let encoder = Encoder::new().profile(profile(py, &coding.0)?);
    let encoder = encoder.entropy(entropy(py, &coding.1)?);
    settings.run(py, move |meter| {
        let target = target.map_or_else(|| names::compressed(&source), Ok)?;
        let decoder = if verify { Some(Decoder::open(device)?) } else { None };
        let bases = open_bases(&bases, limits)?;
        let options = CompressOptions::new().encoder(encoder);
        let options = options.verify(decoder.as_ref()).overwrite(overwrite).bases(bases.as_ref());
        let summary = match source.is_dir() {
            true => compress_folder(&source, &target, &options, meter)?,
            false => compress_file(&source, &target, &options, meter)?,
        };
        Ok(done(target, summary, decoder.as_ref()))
    })
}

/// Restores a file or a folder.
#[pyfunction]
pub fn decompress(
    py: Python<'_>,
    source: PathBuf,
    target: Option<PathBuf>,
    overwrite: bool,
    settings: Given,
) -> PyResult<Done> {
    let mut settings = Settings::new(py, settings)?;
    let (device, limits, bases) = settings.parts();
    settings.run(py, move |meter| {
        let target = target.map_or_else(|| names::restored(&source, &limits), Ok)?;
        let decoder = Decoder::open(device)?;
        let bases = open_bases(&bases, limits)?;
        let options = DecompressOptions::new(&decoder).overwrite(overwrite).limits(limits);
        let options = options.bases(bases.as_ref());
        let summary = match source.is_dir() {
            true => decompress_folder(&source, &target, &options, meter)?,
            false => decompress_file(&source, &target, &options, meter)?,
        };
        Ok(done(target, summary, Some(&decoder)))
    })
}

/// Checks a file or a folder.
#[pyfunction]
pub fn verify(py: Python<'_>, source: PathBuf, settings: Given) -> PyResult<Done> {
    let mut settings = Settings::new(py, settings)?;
    let (device, limits, bases) = settings.parts();
    settings.run(py, move |meter| {
        let decoder = Decoder::open(device)?;
        let bases = open_bases(&bases, limits)?;
        let options = VerifyOptions::new(&decoder).limits(limits).bases(bases.as_ref());
        let summary = match source.is_dir() {
            true => verify_folder(&source, &options, meter)?,
            false => verify_file(&source, &options, meter)?,
        };
        Ok(done(source, summary, Some(&decoder)))
    })
}

/// The report of `wcodec inspect` as JSON.
#[pyfunction]
pub fn inspect(
    py: Python<'_>,
    source: PathBuf,
    entropy: bool,
    settings: Given,
) -> PyResult<String> {
    let settings = Settings::new(py, settings)?;
    let (device, limits) = (settings.device, settings.limits);
    settings.run(py, move |meter| {
        let decoder = if entropy { Some(Decoder::open(device)?) } else { None };
        json::inspect(&source, decoder.as_ref(), &limits, meter)
    })
}

/// The report of `wcodec analyze` as JSON.
#[pyfunction]
pub fn analyze(
    py: Python<'_>,
    source: PathBuf,
    profile_name: &str,
    settings: Given,
) -> PyResult<String> {
    let mut settings = Settings::new(py, settings)?;
    let (device, limits, bases) = settings.parts();
    let encoder = Encoder::new().profile(profile(py, profile_name)?);
    settings.run(py, move |meter| {
        let bases = open_bases(&bases, limits)?;
        let (limits, encoder, bases) = (&limits, &encoder, bases.as_ref());
        json::analyze(&source, &AnalyzeOptions { device, limits, encoder, bases }, meter)
    })
}

/// Runs the program with these arguments, the first its name, and returns its exit status.
#[pyfunction]
pub fn run_program(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
    py.detach(|| wcodec_cli::run_program(arguments))
}
