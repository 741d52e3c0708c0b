//! The stages of encoding and decoding, each alone as far as it can be: `cargo bench --bench
//! stages` compares them with the last run, `-- --save-baseline NAME` keeps one to compare with.
//!
//! These measurements show the effect of a change; `make bench` shows the speed of wcodec.

use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::time::Duration;
use wcodec::container::ContentHash;
use wcodec::encode::{PlaneCodec, Predictor};
use wcodec::programs::analyze::entropy_limit;
use wcodec::{Blob, Decoder, DeviceChoice, Dtype, Encoder, TensorView};

type Group<'a> = BenchmarkGroup<'a, criterion::measurement::WallTime>;

const SHAPE: [u64; 2] = [1024, 4096];
const LEN: usize = 1024 * 4096;

/// Codecs with the element type that each is meant for.
const CODECS: [(PlaneCodec, Dtype); 5] = [
    (PlaneCodec::Raw, Dtype::I8),
    (PlaneCodec::Tans8, Dtype::I8),
    (PlaneCodec::TansNib, Dtype::I8),
    (PlaneCodec::TansPair, Dtype::BF16),
    (PlaneCodec::TansCrumb, Dtype::I8),
];

/// Bytes spread about 0 like quantised weights: sums of four uniform values.
fn int8() -> Vec<u8> {
    let mut state = 1u64;
    let mut next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 58) as u8
    };
    let weight = |_| [next(), next(), next(), next()].iter().fold(128u8, |a, &b| a.wrapping_add(b));
    (0..LEN).map(weight).collect()
}

/// BF16 made of them: the same weights, a hundredth as large.
fn bf16(int8: &[u8]) -> Vec<u8> {
    let narrow = |weight: &u8| {
        let value = f32::from(*weight as i8) * 0.01 + 1e-5;
        ((value.to_bits() >> 16) as u16).to_le_bytes()
    };
    int8[..LEN / 2].iter().flat_map(narrow).collect()
}

/// The same bytes as either element type's tensor.
fn view(dtype: Dtype, data: &[u8]) -> TensorView<'_> {
    const HALF: [u64; 2] = [SHAPE[0] / 2, SHAPE[1]];
    let shape = if dtype == Dtype::BF16 { &HALF } else { &SHAPE };
    TensorView::new(dtype, shape, data).expect("as long as its shape says")
}

/// Times decoding of what `encoder` makes of a tensor.
fn decode(group: &mut Group<'_>, name: &str, encoder: &Encoder, tensor: &TensorView<'_>) {
    let bytes = encoder.encode(tensor).expect("it can be encoded");
    let blob = Blob::parse(&bytes).expect("it is sound");
    let decoder = Decoder::open(DeviceChoice::Cpu).expect("there is a CPU");
    let mut out = vec![0; LEN];
    decoder.decode(&blob, &mut out).expect("it can be decoded");
    assert!(out == tensor.data(), "{name}: the decoded bytes differ");
    group.bench_function(name, |bencher| {
        bencher.iter(|| decoder.decode(black_box(&blob), &mut out));
    });
}

fn codecs(criterion: &mut Criterion) {
    let int8 = int8();
    let bf16 = bf16(&int8);
    let tensor = |dtype| view(dtype, if dtype == Dtype::BF16 { &bf16 } else { &int8 });
    let mut group = criterion.benchmark_group("encode");
    group.throughput(Throughput::Bytes(LEN as u64));
    for (codec, dtype) in CODECS {
        let (encoder, tensor) = (Encoder::new().codec(codec), tensor(dtype));
        group.bench_function(format!("{codec:?}"), |bencher| {
            bencher.iter(|| encoder.encode(black_box(&tensor)));
        });
    }
    group.finish();
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Bytes(LEN as u64));
    for (codec, dtype) in CODECS {
        decode(&mut group, &format!("{codec:?}"), &Encoder::new().codec(codec), &tensor(dtype));
    }
    group.finish();
}

/// Undoing each predictor, over stored bytes: the rest of the time is a copy, as without a
/// predictor.
fn predictors(criterion: &mut Criterion) {
    let int8 = int8();
    let mut group = criterion.benchmark_group("predictor");
    group.throughput(Throughput::Bytes(LEN as u64));
    for predictor in Predictor::ALL {
        let encoder = Encoder::new().codec(PlaneCodec::Raw).predictor(predictor);
        decode(&mut group, &format!("{predictor:?}"), &encoder, &view(Dtype::I8, &int8));
    }
    group.finish();
}

/// The functions that read all bytes and write none.
fn passes(criterion: &mut Criterion) {
    let int8 = int8();
    let tensor = view(Dtype::I8, &int8);
    let mut group = criterion.benchmark_group("pass");
    group.throughput(Throughput::Bytes(LEN as u64));
    // Counting is nearly all that the limit takes.
    group.bench_function("histogram", |bencher| bencher.iter(|| entropy_limit(black_box(&tensor))));
    group.bench_function("CRC-32C", |bencher| bencher.iter(|| crc32c::crc32c(black_box(&int8))));
    group.bench_function("XXH3", |bencher| bencher.iter(|| ContentHash::of(black_box(&int8))));
    group.finish();
}

fn settings() -> Criterion {
    let times = Criterion::default().warm_up_time(Duration::from_millis(500));
    times.measurement_time(Duration::from_secs(2)).sample_size(20)
}

criterion_group! { name = stages; config = settings(); targets = codecs, predictors, passes }
criterion_main!(stages);
