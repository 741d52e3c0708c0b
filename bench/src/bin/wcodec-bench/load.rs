//! A model loaded from a file to the GPU, beside what the bus and the page cache give.

use crate::model::{self, Tensor};
use anyhow::{Context, Result, ensure};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Instant;
use wcodec::container::{ContentHash, Manifest, TensorSpec};
use wcodec::gpu::{GpuDecoder, GpuLoader, GpuModel, LoadOptions};
use wcodec::{Archive, ArchiveWriter, Dtype, Encoder, ReadAt, TensorView};
use wcodec_bench::data::find;
use wcodec_bench::spread::{Spread, rates};

/// The model to load, and the number of runs.
#[derive(clap::Args)]
pub struct Options {
    /// Decoded GB (10^9 bytes) of the model
    #[arg(long, default_value_t = 4)]
    gigabytes: u64,
    /// Folder for the model, as .wcodec and as safetensors
    #[arg(long, value_name = "DIR", default_value = "/tmp/wcodec-load")]
    dir: PathBuf,
    /// Timed loads, after the first
    #[arg(long, default_value_t = 10)]
    runs: usize,
    /// Leave the files, for another loader to be timed with
    #[arg(long)]
    keep: bool,
}

/// A layer's tensors of an 8B model, as rows and columns.
const LAYER: [[u64; 2]; 7] = [
    [4096, 4096],
    [1024, 4096],
    [1024, 4096],
    [4096, 4096],
    [14336, 4096],
    [14336, 4096],
    [4096, 14336],
];

/// A tensor of one of the shapes, and its blob.
struct Part {
    shape: [u64; 2],
    data: Vec<u8>,
    blob: Vec<u8>,
}

/// Writes the model, loads it once for the first time in this process and then as often as it is
/// asked to, and prints the rates.
pub fn run(options: &Options) -> Result<()> {
    fs::create_dir_all(&options.dir)?;
    let path = options.dir.join("model.wcodec");
    let _ = fs::remove_file(&path);
    let parts = parts()?;
    let count = model::shapes(&LAYER, options.gigabytes * 1_000_000_000).len();
    write_archive(&path, &parts, count)?;
    write_safetensors(&options.dir.join("model.safetensors"), &parts, count)?;
    let result = measure(&path, &parts, options.runs);
    if !options.keep {
        fs::remove_dir_all(&options.dir)?;
    }
    result
}

fn measure(path: &Path, parts: &[Part], runs: usize) -> Result<()> {
    let start = Instant::now();
    let gpu = GpuDecoder::open(0)?;
    let opened = start.elapsed();
    let mut loader = GpuLoader::new(&gpu, LoadOptions::default())?;
    let pinned = start.elapsed();
    let archive = Archive::open(path)?;
    let model = loader.load(&archive)?;
    let loaded = start.elapsed();
    let decoded: u64 = model.tensors().iter().map(|tensor| tensor.byte_len()).sum();
    compare(&model, parts)?;
    drop(model);
    println!("{}", gpu.name());
    println!(
        "{decoded} bytes of BF16 in {} tensors, {} bytes compressed; {} bytes pinned",
        archive.tensors().len(),
        archive.file_len(),
        loader.pinned_bytes()
    );
    println!(
        "first load: {:.1} ms to open the GPU and compile or find the kernels, {:.1} to pin, {:.1} to load: {:.1} GB/s of all",
        opened.as_secs_f64() * 1e3,
        (pinned - opened).as_secs_f64() * 1e3,
        (loaded - pinned).as_secs_f64() * 1e3,
        decoded as f64 / loaded.as_secs_f64() / 1e9
    );
    print("later loads, decoded", rates(decoded, &time(runs, || load(&mut loader, &archive))?));
    let bytes = archive.file_len();
    print("reading the file, all threads", rates(bytes, &time(runs, || read(path, bytes))?));
    print("pinned memory to the GPU", bus(&gpu, runs)?);
    Ok(())
}

fn print(what: &str, spread: Spread) {
    let Spread { median, min, max } = spread;
    println!("{what}: {median:.1} GB/s (median; best {max:.1}, worst {min:.1})");
}

/// The seconds that each run takes.
fn time(runs: usize, mut work: impl FnMut() -> Result<()>) -> Result<Vec<f64>> {
    let mut seconds = Vec::new();
    for _ in 0..runs.max(1) {
        let start = Instant::now();
        work()?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    Ok(seconds)
}

fn load(loader: &mut GpuLoader, archive: &Archive) -> Result<()> {
    loader.load(archive)?;
    Ok(())
}

/// Compares every tensor with its original.
fn compare(model: &GpuModel, parts: &[Part]) -> Result<()> {
    for (number, tensor) in model.tensors().iter().enumerate() {
        let expected = &parts[number % parts.len()].data;
        let mut decoded: Vec<u8> = expected.iter().map(|byte| !byte).collect();
        model.memory().read(tensor.offset(), &mut decoded)?;
        ensure!(decoded == *expected, "{}: the decoded bytes differ", tensor.name());
    }
    Ok(())
}

/// Encodes a tensor of each shape.
fn parts() -> Result<Vec<Part>> {
    let longest = LAYER.iter().map(|&shape| model::byte_len(shape)).max().unwrap_or(0);
    let weights = find("bf16").context("there is no set of BF16")?.generate(longest as usize, 1);
    let part = |&shape: &[u64; 2]| {
        let data = weights[..model::byte_len(shape) as usize].to_vec();
        let blob = Encoder::new().encode(&TensorView::new(Dtype::BF16, &shape, &data)?)?;
        Ok(Part { shape, data, blob })
    };
    LAYER.iter().map(part).collect()
}

fn name(number: usize) -> String {
    format!("model.layers.{}.{}.weight", number / LAYER.len(), number % LAYER.len())
}

fn write_archive(path: &Path, parts: &[Part], count: usize) -> Result<()> {
    let part = |number: usize| &parts[number % parts.len()];
    let spec = |number| TensorSpec::new(name(number), Dtype::BF16, part(number).shape);
    let manifest = Manifest::new((0..count).map(spec).collect());
    let hashes: Vec<ContentHash> = parts.iter().map(|part| ContentHash::of(&part.data)).collect();
    let mut writer = ArchiveWriter::create(path, manifest)?;
    for number in 0..count {
        writer.append(&part(number).blob, hashes[number % parts.len()])?;
    }
    Ok(writer.finish()?.commit()?)
}

/// The same model for other loaders.
fn write_safetensors(path: &Path, parts: &[Part], count: usize) -> Result<()> {
    let tensors: Vec<_> = (0..count)
        .zip(parts.iter().cycle())
        .map(|(number, part)| Tensor { name: name(number), shape: part.shape, data: &part.data })
        .collect();
    model::write_safetensors(path, &tensors)
}

/// Reads a file of `len` bytes with as many threads as the loader has, each into a buffer of its
/// own.
fn read(path: &Path, len: u64) -> Result<()> {
    let options = LoadOptions::default();
    let file = File::open(path)?;
    let next = std::sync::atomic::AtomicU64::new(0);
    thread::scope(|scope| {
        let work = || -> Result<()> {
            let mut buffer = vec![0; options.piece_bytes];
            loop {
                let piece = options.piece_bytes as u64;
                let at = piece * next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                if at >= len {
                    return Ok(());
                }
                let part = &mut buffer[..piece.min(len - at) as usize];
                file.read_exact_at(part, at)?;
            }
        };
        let threads: Vec<_> = (0..options.readers).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("reading does not panic"))
    })
}

/// The rate of copies from pinned memory.
fn bus(gpu: &GpuDecoder, runs: usize) -> Result<Spread> {
    let len = 256 << 20;
    let (source, target) = (gpu.pin(len)?, gpu.allocate(len as u64)?);
    Ok(rates(len as u64, &time(runs, || Ok(target.write(0, &source)?))?))
}
