//! Time to load MiniLM, as `make demo` leaves it, from the page cache: by wcodec, and as buffered
//! safetensors. Prints the median of some runs that take turns.

use candle_core::safetensors::BufferedSafetensors;
use candle_core::{Device, Result, Tensor};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use wcodec_candle::WcodecBackend;

const RUNS: usize = 31;

fn compressed(path: &Path) -> Result<Vec<Tensor>> {
    let backend = WcodecBackend::open(path)?;
    Ok(backend.load_all(&Device::Cpu)?.into_values().collect())
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
    for model in ["minilm-bf16", "minilm"] {
        let [archive, source] =
            ["wcodec", "safetensors"].map(|extension| demo.join(model).with_extension(extension));
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            ours.push(time(compressed, &archive)?);
            theirs.push(time(buffered, &source)?);
        }
        let (ours, theirs) = (median(ours), median(theirs));
        println!("{model}: {ours:.1} ms by wcodec, {theirs:.1} ms buffered: {:.2}", ours / theirs);
    }
    Ok(())
}
