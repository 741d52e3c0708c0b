//! Encoding on a GPU beside the copy bandwidth of the same run: `cargo bench --features gpu --bench
//! encode`; with an argument, the data whose name has that in it.
//!
//! Each blob is decoded again and compared. 16 MB are encoded from the cache, as anything of that
//! size is that was just written.

use support::{Distribution, Tensor};
use wcodec::gpu::{
    DeviceMemory, GpuContext, GpuDecoder, GpuEncodePlan, GpuEncoder, TensorToEncode,
    encoded_len_bound,
};
use wcodec::programs::{copy_bandwidth, time_graph};
use wcodec::{Blob, Decoder, DeviceChoice, Dtype, Result};

const RUNS: usize = 20;
/// Bytes of samples, which are repeated.
const SAMPLES: usize = 32 << 20;
const SIZES: [usize; 2] = [512 << 20, 16 << 20];

/// What is encoded: a name, elements, and the deviation of values in units of the samples.
const SETS: [(&str, Dtype, f64); 6] = [
    ("bf16 0.02", Dtype::BF16, 20.48),
    ("int8 28", Dtype::I8, 28.0),
    ("int8 8", Dtype::I8, 8.0),
    ("fp8 89.6", Dtype::F8_E4M3, 1433.6),
    ("f32 0.02", Dtype::F32, 20.48),
    ("f16 0.02", Dtype::F16, 20.48),
];

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// The bytes of a blob, and the seconds of each run.
fn encode(encoder: &GpuEncoder, dtype: Dtype, data: &[u8]) -> Result<(Vec<u8>, Vec<f64>)> {
    let context = encoder.context();
    let len = data.len() as u64;
    let source = DeviceMemory::new(context, len)?;
    source.write(0, data)?;
    let bound = encoded_len_bound(dtype, len)?;
    let buffer = DeviceMemory::new(context, bound)?;
    buffer.fill(0xA5)?;
    let job = TensorToEncode::new(dtype, source.address(), len, buffer.address(), bound);
    let plan = GpuEncodePlan::new(&[job])?;
    let workspace = DeviceMemory::new(context, plan.workspace_len())?;
    let (stream, at) = (encoder.stream(), workspace.address());
    // SAFETY: all memory of the plan lives until the stream is waited for, which timing does.
    let seconds = unsafe {
        encoder.upload_plan(&plan, at, stream.raw())?;
        stream.wait()?;
        time_graph(stream, RUNS, || encoder.launch(&plan, at, stream.raw()))?
    };
    let places = plan.places();
    let mut bytes = vec![0; (places.end - places.start) as usize];
    workspace.read(places.start, &mut bytes)?;
    let place = plan.read_places(&bytes)?[0];
    let mut blob = vec![0; place.len as usize];
    buffer.read(place.offset, &mut blob)?;
    Ok((blob, seconds))
}

fn main() -> Result<()> {
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let wanted = wanted.unwrap_or_default();
    let context = GpuContext::open(0)?;
    let (encoder, gpu) = (GpuEncoder::new(&context)?, GpuDecoder::new(&context)?);
    let decoder = Decoder::open(DeviceChoice::Cuda(0))?;
    let copy = || Ok(median(copy_bandwidth(&gpu, 512 << 20, RUNS)?) / 1e9);
    println!("{}: a copy reads and writes {:.0} GB/s", context.name(), copy()?);
    println!("{:10} {:>6} {:>7} {:>9} {:>9}", "data", "MB", "ratio", "best GB/s", "median");
    for (name, dtype, sigma) in SETS.into_iter().filter(|(name, ..)| name.contains(&wanted)) {
        let count = (8 * SAMPLES / dtype.bitsize()) as u64;
        let samples = Tensor::new(dtype, &[count], Distribution::Gaussian(sigma), 1).data;
        for size in SIZES {
            let data: Vec<u8> = samples.iter().copied().cycle().take(size).collect();
            let (blob, seconds) = encode(&encoder, dtype, &data)?;
            let mut decoded = vec![0; data.len()];
            decoder.decode(&Blob::parse(&blob)?, &mut decoded)?;
            assert!(decoded == data, "{name} does not come back");
            let rate = |seconds: f64| size as f64 / seconds / 1e9;
            let best = seconds.iter().copied().fold(f64::INFINITY, f64::min);
            println!(
                "{name:10} {:>6} {:>7.3} {:>9.0} {:>9.0}",
                size >> 20,
                size as f64 / blob.len() as f64,
                rate(best),
                rate(median(seconds))
            );
        }
    }
    println!("a copy reads and writes {:.0} GB/s", copy()?);
    Ok(())
}
