//! Encoding and decoding on the CPU.

use crate::data::SETS;
use crate::table::rates;
use anyhow::{Result, ensure};
use std::time::Instant;
use wcodec::encode::entropy_limit;
use wcodec::{Blob, Decoder, DeviceChoice, Encoder, TensorView};

/// Measures all sets, `megabytes` of each.
pub fn run(megabytes: usize, runs: usize) -> Result<()> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    println!("CPU, {threads} threads, {megabytes} MB a set, {runs} runs: GB/s median (min to max)");
    println!("{:<11} {:>6} {:>6}  {:<24}  {:<24}", "data", "ratio", "limit", "encode", "decode");
    let decoder = Decoder::open(DeviceChoice::Cpu)?;
    for set in &SETS {
        let data = set.generate(megabytes * 1_000_000 / 16_384 * 16_384, 1);
        let columns = 8 * 4096 / set.dtype.bitsize() as u64;
        let shape = [data.len() as u64 / 4096, columns];
        let tensor = TensorView::new(set.dtype, &shape, &data)?;
        let encoder = Encoder::new();
        let blob = encoder.encode(&tensor)?;
        let parsed = Blob::parse(&blob)?;
        let mut decoded = vec![0xA5; data.len()];
        decoder.decode(&parsed, &mut decoded)?;
        ensure!(decoded == data, "{}: the decoded bytes differ", set.name);
        let encode = time(runs, || encoder.encode(&tensor).map(drop))?;
        let decode = time(runs, || decoder.decode(&parsed, &mut decoded))?;
        let limit = data.len() as f64 / entropy_limit(&tensor)? as f64;
        let ratio = data.len() as f64 / blob.len() as f64;
        let show = |seconds: &[f64]| {
            let rate = rates(data.len() as u64, seconds);
            format!("{:.3} ({:.3} to {:.3})", rate.median, rate.min, rate.max)
        };
        let (encode, decode) = (show(&encode), show(&decode));
        println!("{:<11} {ratio:>6.3} {limit:>6.3}  {encode:<24}  {decode:<24}", set.name);
    }
    Ok(())
}

fn time(runs: usize, mut work: impl FnMut() -> wcodec::Result<()>) -> Result<Vec<f64>> {
    let mut seconds = Vec::new();
    for _ in 0..runs.max(1) {
        let start = Instant::now();
        work()?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    Ok(seconds)
}
