//! Time to load MiniLM, as `make demo` leaves it, from the page cache: by wcodec, all tensors at once
//! and one by one, and as buffered safetensors. Prints the medians of some runs that take turns.

use candle_core::safetensors::BufferedSafetensors;
use candle_core::{DType, Device, Error, Result, Tensor};
use candle_nn::var_builder::SimpleBackend;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use wcodec::Dtype;
use wcodec::convert::{CompressOptions, compress_file};
use wcodec_candle::WcodecBackend;

const RUNS: usize = 20;

fn compressed(path: &Path) -> Result<Vec<Tensor>> {
    let backend = WcodecBackend::open(path)?;
    Ok(backend.load_all(&Device::Cpu)?.into_values().collect())
}

/// As a `VarBuilder` asks for them.
fn one_by_one(path: &Path) -> Result<Vec<Tensor>> {
    let backend = WcodecBackend::open(path)?;
    let names: Vec<&str> = backend.model().tensors().map(|tensor| tensor.name()).collect();
    let dtype = match backend.model().tensors().any(|tensor| tensor.dtype() == Dtype::BF16) {
        true => DType::BF16,
        false => DType::F32,
    };
    names.iter().map(|name| backend.get_unchecked(name, dtype, &Device::Cpu)).collect()
}

fn buffered(path: &Path) -> Result<Vec<Tensor>> {
    let file = BufferedSafetensors::new(std::fs::read(path)?)?;
    let names: Vec<String> = file.tensors().into_iter().map(|(name, _)| name).collect();
    names.iter().map(|name| file.load(name, &Device::Cpu)).collect()
}

fn time(load: fn(&Path) -> Result<Vec<Tensor>>, path: &Path) -> Result<Duration> {
    let start = Instant::now();
    let tensors = load(path)?;
    let taken = start.elapsed();
    drop(tensors);
    Ok(taken)
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e3
}

fn main() -> Result<()> {
    let demo = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/demo");
    let folder = tempfile::tempdir()?;
    for model in ["minilm-bf16", "minilm"] {
        let source = demo.join(model).with_extension("safetensors");
        let archive = folder.path().join(model).with_extension("wcodec");
        compress_file(&source, &archive, &CompressOptions::new(), &()).map_err(Error::wrap)?;
        let mut times: [Vec<Duration>; 3] = Default::default();
        for _ in 0..RUNS {
            times[0].push(time(compressed, &archive)?);
            times[1].push(time(one_by_one, &archive)?);
            times[2].push(time(buffered, &source)?);
        }
        let [all, each, theirs] = times.map(median);
        println!(
            "{model}: {all:.1} ms at once, {each:.1} ms one by one, {theirs:.1} ms buffered: \
             {:.2} and {:.2}",
            all / theirs,
            each / theirs
        );
    }
    Ok(())
}
