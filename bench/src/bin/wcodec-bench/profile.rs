//! One launch of each kernel that the benchmarks use.

use anyhow::{Context, Result, ensure};
use std::sync::Arc;
use wcodec::encode::{PlaneCodec, Predictor};
use wcodec::gpu::{GpuBatch, GpuDecoder};
use wcodec::{Blob, Encoder, TensorView};
use wcodec_bench::data::{DataSet, find};

/// Bytes of each tensor, and tensors of each launch: several times what the cache holds.
const LEN: usize = 64 << 20;
const COPIES: usize = 4;

/// Codecs by data set: one of each element size.
const CASES: [(&str, &[PlaneCodec]); 4] = [
    ("int8 s=28", &[PlaneCodec::TansNib, PlaneCodec::Tans8]),
    ("int8 s=8", &[PlaneCodec::TansCrumb]),
    ("bf16", &[PlaneCodec::TansPair, PlaneCodec::TansNib, PlaneCodec::Tans8]),
    ("f32", &[PlaneCodec::TansPair, PlaneCodec::TansNib, PlaneCodec::Tans8]),
];

/// Launches each kernel once, first for tiles that are not predicted, then for those that are.
pub fn run() -> Result<()> {
    let gpu = GpuDecoder::open(0)?;
    for (name, codecs) in CASES {
        let set = find(name).with_context(|| format!("there is no set {name:?}"))?;
        let data = set.generate(LEN, 1);
        for &codec in codecs {
            for predictor in [Predictor::None, Predictor::Left] {
                println!("{name}, {codec:?}, {predictor:?}");
                let encoder = Encoder::new().codec(codec).predictor(predictor);
                launch(&gpu, set, &data, &encoder)?;
            }
        }
    }
    Ok(())
}

fn launch(gpu: &GpuDecoder, set: &DataSet, data: &[u8], encoder: &Encoder) -> Result<()> {
    let dtype = set.dtype;
    let shape = [LEN as u64 / 4096, 8 * 4096 / dtype.bitsize() as u64];
    let blob = encoder.encode(&TensorView::new(dtype, &shape, data)?)?;
    let blobs = vec![Blob::parse(&blob)?; COPIES];
    let out = Arc::new(gpu.allocate(GpuBatch::output_offsets(&blobs).1)?);
    let batch = GpuBatch::upload(gpu, &blobs, &out)?;
    batch.decode()?;
    ensure!(batch.corrupt_tiles()?.iter().all(Option::is_none), "{}: unsound tiles", set.name);
    Ok(())
}
