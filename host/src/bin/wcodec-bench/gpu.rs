//! Decoding on a GPU, beside the GPU's own copy bandwidth.

use crate::data::{DataSet, SETS};
use crate::table::{Spread, rates};
use anyhow::{Result, ensure};
use wcodec::encode::entropy_limit;
use wcodec::format::PlaneCodec;
use wcodec::gpu::{GpuDecoder, probe};
use wcodec::{Blob, Encoder, TensorView};

/// Bytes of the sample that is encoded and repeated, a whole number of 4096-byte rows.
const SAMPLE: usize = 64 << 20;

/// Measures all sets, `megabytes` of decoded bytes a launch.
pub fn run(megabytes: usize, runs: usize) -> Result<()> {
    println!("{}", probe());
    let gpu = GpuDecoder::open(0)?;
    let copies = (megabytes * 1_000_000).div_ceil(SAMPLE);
    let bytes = (copies * SAMPLE) as u64;
    let copy = Spread::of(gpu.copy_bandwidth(bytes, runs)?);
    println!(
        "copy {:.2} TB/s read and written (median of {runs}, best {:.2}); {:.0} MB a batch; GB/s of decoded bytes",
        copy.median / 1e12,
        copy.max / 1e12,
        bytes as f64 / 1e6
    );
    println!(
        "{:<11} {:<9} {:>6} {:>6}  {:>7} {:>7} {:>7}  {:>8}",
        "data", "codec", "ratio", "limit", "median", "best", "worst", "of copy"
    );
    for set in &SETS {
        measure(&gpu, set, copies, SAMPLE, copy, runs)?;
    }
    println!("one tensor of 16 MiB alone (hot in L2):");
    for set in SETS.iter().take(3) {
        measure(&gpu, set, 1, 16 << 20, copy, runs)?;
    }
    Ok(())
}

fn measure(
    gpu: &GpuDecoder,
    set: &DataSet,
    copies: usize,
    len: usize,
    copy: Spread,
    runs: usize,
) -> Result<()> {
    let data = set.generate(len, 1);
    let shape = [len as u64 / 4096, 8 * 4096 / set.dtype.bitsize() as u64];
    let tensor = TensorView::new(set.dtype, &shape, &data)?;
    let blob = Encoder::new().encode(&tensor)?;
    let parsed = Blob::parse(&blob)?;
    let blobs = vec![parsed; copies];
    let seconds = time_checked(gpu, &blobs, &data, runs)?;
    let decoded = (copies * len) as u64;
    let rate = rates(decoded, &seconds);
    // Compressed bytes are read and decoded ones written, where a copy reads and writes as many.
    let traffic = 1.0 + blob.len() as f64 / len as f64;
    println!(
        "{:<11} {:<9} {:>6.3} {:>6.3}  {:>7.0} {:>7.0} {:>7.0}  {:>7.1}%",
        set.name,
        codec_name(blobs[0].summary().codec),
        len as f64 / blob.len() as f64,
        len as f64 / entropy_limit(&tensor)? as f64,
        rate.median,
        rate.max,
        rate.min,
        100.0 * rate.median * 1e9 * traffic / copy.median
    );
    Ok(())
}

/// Decodes into poisoned memory and compares every byte, then times.
fn time_checked(
    gpu: &GpuDecoder,
    blobs: &[Blob<'_>],
    data: &[u8],
    runs: usize,
) -> Result<Vec<f64>> {
    let (offsets, len) = GpuDecoder::output_offsets(blobs);
    let out = gpu.allocate(len)?;
    out.fill(0xA5)?;
    let batch = gpu.upload(blobs, &out)?;
    gpu.decode(&batch)?;
    let unsound = gpu.unsound_tiles(&batch)?;
    ensure!(unsound.iter().all(Option::is_none), "tiles are not sound: {unsound:?}");
    let mut decoded = vec![0; data.len()];
    for offset in offsets {
        out.read(offset, &mut decoded)?;
        ensure!(decoded == data, "the decoded bytes differ");
    }
    Ok(gpu.time_decode(&batch, runs)?)
}

fn codec_name(codec: PlaneCodec) -> String {
    format!("{codec:?}")
}
