//! Raw planes that are coded (FORMAT.md section 7.6).

use support::{Distribution, Options, Random, Tensor, check_blob, check_decoded, cpu};
use wcodec::encode::{PlaneCodec, Predictor};
use wcodec::{Blob, CpuBackend, Decoder, Dtype, Profile, RawPlanes};

const SYMBOL_CODECS: [PlaneCodec; 6] = [
    PlaneCodec::Tans8,
    PlaneCodec::TansNib,
    PlaneCodec::TansPair,
    PlaneCodec::TansCrumb,
    PlaneCodec::Rans8,
    PlaneCodec::RansPair,
];

fn coded(codec: Option<PlaneCodec>) -> Options {
    let forced = Options::forced(PlaneCodec::Tans8, Predictor::Left);
    Options { raw_planes: RawPlanes::Coded(codec), ..forced }
}

/// Every codec of a plane, elements of two and four bytes, every way for a tensor to end.
#[test]
fn planes_come_back_by_every_codec() {
    for dtype in [Dtype::BF16, Dtype::F16, Dtype::F32, Dtype::I32] {
        let elements = 4096 / (dtype.bitsize() as u64 / 8);
        let shapes = [vec![2], vec![elements - 1], vec![elements], vec![3 * elements + 7]];
        for shape in shapes.into_iter().chain([vec![19, 1536]]) {
            for codec in SYMBOL_CODECS {
                let tensor = Tensor::new(dtype, &shape, Distribution::Gaussian(6.0), elements);
                let blob = coded(Some(codec)).encoder().encode(&tensor.view()).unwrap();
                let summary = check_blob(&blob, &tensor.data);
                let planes = summary.coded_planes.iter().flatten();
                assert_eq!(planes.clone().count(), summary.split.raw_planes());
                assert!(planes.copied().all(|plane| plane == codec));
            }
        }
    }
}

/// All CPU backends, and ranges that begin and end anywhere.
#[test]
fn every_backend_and_range() {
    let tensor = Tensor::new(Dtype::F32, &[70, 256], Distribution::Laplace(3.0), 5);
    let blob = coded(None).encoder().encode(&tensor.view()).unwrap();
    let parsed = Blob::parse(&blob).unwrap();
    for backend in CpuBackend::all() {
        let decoder = Decoder::cpu(backend);
        check_decoded(&decoder, &blob, &tensor.data);
        for (start, end) in [(0, 1), (0, 8192), (8191, 8193), (5000, 60_000), (71_679, 71_680)] {
            let mut out = vec![0xA5; end - start];
            decoder.decode_range(&parsed, start as u64..end as u64, &mut out).unwrap();
            assert!(out == tensor.data[start..end], "{backend:?}, bytes {start} to {end}");
        }
    }
}

#[test]
fn no_plane_of_an_empty_or_constant_tensor_is_coded() {
    for data in [vec![], vec![7; 4000]] {
        let tensor = Tensor { dtype: Dtype::F32, shape: vec![data.len() as u64 / 4], data };
        let options = Options { raw_planes: RawPlanes::Coded(None), ..Options::default() };
        let blob = options.encoder().encode(&tensor.view()).unwrap();
        assert_eq!(check_blob(&blob, &tensor.data).coded_planes, [None; 3]);
    }
}

#[test]
fn a_plane_codec_without_symbols_is_refused() {
    let tensor = Tensor::new(Dtype::BF16, &[5000], Distribution::Gaussian(6.0), 1);
    for codec in [PlaneCodec::Const, PlaneCodec::Raw] {
        let error = coded(Some(codec)).encoder().encode(&tensor.view()).unwrap_err();
        assert!(error.to_string().contains("cannot be coded"), "{error}");
    }
}

/// The mantissas of ordinary weights are noise: the blob is the same as without the choice.
#[test]
fn noise_is_stored() {
    for dtype in [Dtype::BF16, Dtype::F32] {
        let tensor = Tensor::new(dtype, &[300, 1024], Distribution::Gaussian(6.0), 2);
        for profile in [Profile::Fast, Profile::Balanced] {
            let by_cost = Options { profile, ..Options::default() };
            let stored = Options { raw_planes: RawPlanes::Stored, ..by_cost };
            let encode = |options: Options| options.encoder().encode(&tensor.view()).unwrap();
            assert!(encode(by_cost) == encode(stored), "{dtype}, {profile:?}");
        }
    }
}

/// Weights whose planes have few values come near to what their planes' entropies add up to.
#[test]
fn planes_with_little_in_them_are_coded_to_their_entropy() {
    let mut random = Random::new(9);
    let len: u64 = 1 << 20;
    let gaussian = Tensor::new(Dtype::BF16, &[len], Distribution::Gaussian(6.0), 3);
    let weights: Vec<u16> =
        gaussian.data.as_chunks().0.iter().map(|&bytes| u16::from_le_bytes(bytes)).collect();
    let pruned: Vec<u8> = weights
        .iter()
        .map(|&weight| if random.next_u64().is_multiple_of(10) { weight } else { 0 })
        .flat_map(u16::to_le_bytes)
        .collect();
    // Eleven bits of mantissa at most, as of an F16.
    let halves: Vec<u8> = weights
        .iter()
        .map(|&weight| u32::from(weight) << 16 | (random.next_u64() as u32 & 7) << 13)
        .flat_map(u32::to_le_bytes)
        .collect();
    for (dtype, data) in [(Dtype::BF16, pruned), (Dtype::F32, halves)] {
        let tensor = Tensor { dtype, shape: vec![len], data };
        let entropy = plane_entropies(&tensor);
        // Tall tiles, which cost little beyond their content.
        let blob = Options { tile_rows: Some(256), ..Options::default() }
            .encoder()
            .encode(&tensor.view())
            .unwrap();
        let summary = check_blob(&blob, &tensor.data);
        assert!(summary.coded_planes.iter().any(Option::is_some), "{dtype}: {summary:?}");
        let over = blob.len() as f64 / entropy;
        assert!((1.0..1.03).contains(&over), "{dtype}: {over} times the entropy, {summary:?}");
        check_decoded(&cpu(), &blob, &tensor.data);
    }
}

/// The order-0 entropies in bytes of the planes of floats, exponents apart from the rest.
fn plane_entropies(tensor: &Tensor) -> f64 {
    let bytes = tensor.dtype.bitsize() / 8;
    let elements: Vec<u32> = tensor
        .data
        .chunks(bytes)
        .map(|element| element.iter().rev().fold(0, |wide, &byte| wide << 8 | u32::from(byte)))
        .collect();
    // The sign turned to the lowest bit, so that the exponent fills the highest byte.
    let bits = 8 * bytes as u32;
    let turned = elements
        .iter()
        .map(|element| element << 1 & (u32::MAX >> (32 - bits)) | element >> (bits - 1));
    let turned: Vec<u32> = turned.collect();
    (0..bytes)
        .map(|plane| entropy(turned.iter().map(|element| (element >> (8 * plane)) as u8)))
        .sum()
}

fn entropy(bytes: impl Iterator<Item = u8>) -> f64 {
    let mut counts = [0u32; 256];
    bytes.for_each(|byte| counts[usize::from(byte)] += 1);
    let total = f64::from(counts.iter().sum::<u32>());
    let bits = |&count: &u32| f64::from(count) * (total / f64::from(count)).log2();
    counts.iter().filter(|&&count| count > 0).map(bits).sum::<f64>() / 8.0
}
