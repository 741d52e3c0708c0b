//! A whole file compressed, verified and decompressed, beside what coding in memory and moving the
//! bytes take alone.

use crate::model::{self, Tensor};
use anyhow::{Context, Result, ensure};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;
use wcodec::convert::{
    CompressOptions, DecompressOptions, VerifyOptions, compress_file, decompress_file, verify_file,
};
use wcodec::{Blob, Decoder, DeviceChoice, Dtype, Encoder, SafetensorsFile, TensorView};
use wcodec_bench::data::find;
use wcodec_bench::spread::Spread;

/// The files to convert, their folder, and the number of runs.
#[derive(clap::Args)]
pub struct Options {
    /// MB (10^6 bytes) of the model, of BF16
    #[arg(long, default_value_t = 1000)]
    megabytes: u64,
    /// Its tensors
    #[arg(long, value_enum, default_value_t = Layout::Layers)]
    layout: Layout,
    /// Folder for the files, on the file system to measure
    #[arg(long, value_name = "DIR", default_value = "/tmp/wcodec-files")]
    dir: PathBuf,
    /// Timed runs, after one that warms up
    #[arg(long, default_value_t = 7)]
    runs: usize,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Layout {
    /// Layers of a 1B model: 4 KB to 34 MB
    Layers,
    /// 134 MB each
    Large,
    /// 66 KB each
    Small,
}

impl Layout {
    fn layer(self) -> &'static [[u64; 2]] {
        match self {
            Self::Layers => &[
                [1, 2048],
                [2048, 2048],
                [512, 2048],
                [512, 2048],
                [2048, 2048],
                [1, 2048],
                [8192, 2048],
                [8192, 2048],
                [2048, 8192],
            ],
            Self::Large => &[[16384, 4096]],
            Self::Small => &[[128, 256]],
        }
    }
}

/// Bytes that are read at a time.
const PIECE: usize = 1 << 20;

/// Writes a model, converts it as often as it is asked to, and prints seconds.
pub fn run(options: &Options) -> Result<()> {
    fs::create_dir_all(&options.dir)?;
    let source = options.dir.join("model.safetensors");
    write_model(&source, options)?;
    let result = Bench::new(&source, &options.dir).and_then(|bench| bench.run(options.runs));
    fs::remove_dir_all(&options.dir)?;
    result
}

fn write_model(path: &Path, options: &Options) -> Result<()> {
    let layer = options.layout.layer();
    let longest = layer.iter().map(|&shape| model::byte_len(shape)).max().unwrap_or(0);
    let weights = find("bf16").context("there is no set of BF16")?.generate(longest as usize, 1);
    let shapes = model::shapes(layer, options.megabytes * 1_000_000);
    let tensor = |(number, shape)| Tensor {
        name: format!("model.{number}.weight"),
        shape,
        data: &weights[..model::byte_len(shape) as usize],
    };
    let tensors: Vec<_> = shapes.into_iter().enumerate().map(tensor).collect();
    model::write_safetensors(path, &tensors)
}

/// The files, and their content in memory.
struct Bench<'a> {
    source: &'a Path,
    archive: PathBuf,
    restored: PathBuf,
    tensors: Vec<(Vec<u64>, Vec<u8>)>,
    blobs: Vec<Vec<u8>>,
    decoder: Decoder,
}

/// The times that a conversion is compared with.
struct Row {
    name: &'static str,
    /// Seconds that the codec, the files and the conversion took in each run.
    runs: Vec<[f64; 3]>,
}

impl<'a> Bench<'a> {
    fn new(source: &'a Path, dir: &Path) -> Result<Self> {
        let file = SafetensorsFile::open(source)?;
        let specs = file.manifest().tensors.iter().enumerate();
        let tensors = specs.map(|(index, spec)| {
            let mut data = Vec::new();
            file.read_tensor(index, &mut data)?;
            Ok((spec.shape.to_vec(), data))
        });
        let tensors = tensors.collect::<Result<_>>()?;
        let [archive, restored] = ["model.wcodec", "restored"].map(|name| dir.join(name));
        let decoder = Decoder::open(DeviceChoice::Cpu)?;
        let mut bench = Self { source, archive, restored, tensors, blobs: Vec::new(), decoder };
        bench.blobs = bench.encode()?;
        Ok(bench)
    }

    fn run(&self, runs: usize) -> Result<()> {
        let mut rows = ["compress, not verified", "compress", "decompress", "verify"]
            .map(|name| Row { name, runs: Vec::new() });
        for run in 0..=runs.max(1) {
            let measured = self.measure()?;
            // The first run finds neither the files nor the memory warm.
            if run > 0 {
                rows.iter_mut().zip(measured).for_each(|(row, times)| row.runs.push(times));
            }
        }
        let bytes = self.tensors.iter().map(|(_, data)| data.len()).sum::<usize>() as f64;
        println!("{} tensors, {bytes} bytes; seconds, median (best to worst)", self.tensors.len());
        rows.iter().for_each(|row| row.print(bytes));
        Ok(())
    }

    /// The times of every conversion, all of one run.
    fn measure(&self) -> Result<[[f64; 3]; 4]> {
        let (source, archive, restored) = (self.source, &self.archive, &self.restored);
        let encode = time(|| self.encode_again())?;
        let decode = time(|| self.decode())?;
        let mut options = CompressOptions::default();
        let unverified = fresh(archive, || Ok(compress_file(source, archive, &options, &())?))?;
        options.verify = Some(&self.decoder);
        let verified = fresh(archive, || Ok(compress_file(source, archive, &options, &())?))?;
        let options = VerifyOptions::new(&self.decoder);
        let verify = time(|| Ok(verify_file(archive, &options, &())?))?;
        let options = DecompressOptions::new(&self.decoder);
        let back = fresh(restored, || Ok(decompress_file(archive, restored, &options, &())?))?;
        ensure!(same(source, restored)?, "another file came back");
        let blobs = || self.blobs.iter().map(Vec::as_slice);
        let data = || self.tensors.iter().map(|(_, data)| data.as_slice());
        let read_archive = time(|| read(archive))?;
        let read_source = time(|| read(source))?;
        let write_archive = fresh(restored, || write(restored, blobs()))?;
        let write_source = fresh(restored, || write(restored, data()))?;
        fs::remove_file(restored)?;
        Ok([
            [encode, read_source + write_archive, unverified],
            [encode + decode, read_source + write_archive + read_archive, verified],
            [decode, read_archive + write_source, back],
            [decode, read_archive, verify],
        ])
    }

    fn encode(&self) -> Result<Vec<Vec<u8>>> {
        self.views().map(|view| Ok(Encoder::new().encode(&view?)?)).collect()
    }

    /// Encodes tensor after tensor in the same memory.
    fn encode_again(&self) -> Result<()> {
        let mut blob = Vec::new();
        self.views().try_for_each(|view| Ok(Encoder::new().encode_into(&view?, &mut blob)?))
    }

    fn views(&self) -> impl Iterator<Item = wcodec::Result<TensorView<'_>>> {
        self.tensors.iter().map(|(shape, data)| TensorView::new(Dtype::BF16, shape, data))
    }

    fn decode(&self) -> Result<()> {
        let mut out = Vec::new();
        for bytes in &self.blobs {
            let blob = Blob::parse(bytes)?;
            out.resize(blob.byte_len() as usize, 0);
            self.decoder.decode(&blob, &mut out)?;
        }
        Ok(())
    }
}

impl Row {
    fn print(&self, bytes: f64) {
        let spread = |value: &dyn Fn(&[f64; 3]) -> f64| {
            let Spread { median, min, max } = Spread::of(self.runs.iter().map(value).collect());
            format!("{median:.3} ({min:.3} to {max:.3})")
        };
        println!(
            "{}: {}, {:.0} MB/s; codec {}, file {}; {} of both",
            self.name,
            spread(&|run| run[2]),
            bytes / 1e6 / Spread::of(self.runs.iter().map(|run| run[2]).collect()).median,
            spread(&|run| run[0]),
            spread(&|run| run[1]),
            spread(&|[codec, file, whole]| whole / (codec + file)),
        );
    }
}

/// The seconds that `work` takes.
fn time<T>(work: impl FnOnce() -> Result<T>) -> Result<f64> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed().as_secs_f64())
}

/// The seconds that `work` takes to make a file that is not there.
fn fresh<T>(file: &Path, work: impl FnOnce() -> Result<T>) -> Result<f64> {
    if file.exists() {
        fs::remove_file(file)?;
    }
    time(work)
}

fn read(path: &Path) -> Result<()> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; PIECE];
    while file.read(&mut buffer)? > 0 {}
    Ok(())
}

fn write<'a>(path: &Path, parts: impl Iterator<Item = &'a [u8]>) -> Result<()> {
    let mut file = File::create(path)?;
    for part in parts {
        file.write_all(part)?;
    }
    Ok(file.sync_all()?)
}

fn same(one: &Path, other: &Path) -> Result<bool> {
    Ok(fs::read(one)? == fs::read(other)?)
}
