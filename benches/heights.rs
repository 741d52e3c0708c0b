//! Small tensors on a CPU, in tiles as tall as the encoder makes them and in the tallest: `cargo
//! bench --bench heights`, under `taskset` for one thread.
//!
//! Runs of both take turns, so that whatever else the machine does slows both, and the median of
//! each is shown: on a quiet machine.

use std::hint::black_box;
use std::time::Instant;
use wcodec::programs::format::MAX_TILE_ROWS;
use wcodec::{Blob, Decoder, DeviceChoice, Dtype, Encoder, TensorView};

const RUNS: usize = 41;
const COLUMNS: usize = 1024;

/// Weights of a normal distribution, the integers with a deviation of 28.
fn weights(dtype: Dtype, len: usize) -> Vec<u8> {
    let mut state = 1u64;
    let mut next = move || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 32) as u32
    };
    let mut uniform = move || f64::from(next()) / f64::from(u32::MAX) + 1e-12;
    let mut normal =
        move || (-2.0 * uniform().ln()).sqrt() * (std::f64::consts::TAU * uniform()).cos();
    let mut bf16 = || (((0.02 * normal()) as f32).to_bits() >> 16) as u16;
    match dtype {
        Dtype::BF16 => (0..len / 2).flat_map(|_| bf16().to_le_bytes()).collect(),
        _ => (0..len).map(|_| (28.0 * normal()).round() as i8 as u8).collect(),
    }
}

/// Nanoseconds that `work` took by the wall clock: the kernel's own count of a thread's time moves
/// by whole ticks on some machines, longer than a small tensor takes.
fn time(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_nanos() as f64
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Prints a line for a tensor: rows, bytes and speeds with either height.
fn compare(dtype: Dtype, len: usize) {
    let data = weights(dtype, len);
    let columns = COLUMNS / (dtype.bitsize() / 8);
    let shape = [(len / COLUMNS) as u64, columns as u64];
    let tensor = TensorView::new(dtype, &shape, &data).expect("as long as its shape says");
    let encoders = [Encoder::new(), Encoder::new().tile_rows(MAX_TILE_ROWS)];
    let blobs = encoders.each_ref().map(|encoder| encoder.encode(&tensor).expect("it encodes"));
    let parsed = blobs.each_ref().map(|blob| Blob::parse(blob).expect("it is sound"));
    let decoder = Decoder::open(DeviceChoice::Cpu).expect("there is a CPU");
    let (mut out, mut blob) = (vec![0; len], Vec::new());
    let mut times = [(); 4].map(|()| Vec::new());
    for _ in 0..RUNS {
        for (height, (encoder, parsed)) in encoders.iter().zip(&parsed).enumerate() {
            let encode = || encoder.encode_into(black_box(&tensor), &mut blob).expect("it encodes");
            times[height].push(time(encode));
            times[2 + height].push(time(|| decoder.decode(parsed, &mut out).expect("it decodes")));
            assert!(out == data, "the decoded bytes differ");
        }
    }
    let [encode, encode_tall, decode, decode_tall] = times.map(|t| len as f64 / median(t) * 1e3);
    let rows = parsed[0].summary().tile_rows;
    let [bytes, bytes_tall] = blobs.each_ref().map(Vec::len);
    print!("| {dtype} | {len} | {rows} | {bytes} | {bytes_tall} | {encode:.0} | {encode_tall:.0} ");
    println!("| {decode:.0} | {decode_tall:.0} |");
}

fn main() {
    print!("| dtype | bytes | rows | stored | 256 rows | encode MB/s | 256 rows ");
    println!("| decode MB/s | 256 rows |");
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---:|");
    // One thread: its own time is all of the time.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    pool.install(|| {
        for dtype in [Dtype::I8, Dtype::BF16] {
            [18, 20, 21, 22, 23, 24].into_iter().for_each(|bits| compare(dtype, 1 << bits));
        }
    });
}
