//! Transposed tensors (FORMAT.md section 2.1).

use support::{Distribution, Options, Random, Tensor, check_blob, check_decoded};
use wcodec::encode::{PlaneCodec, Predictor};
use wcodec::{Blob, CpuBackend, Decoder, Dtype, Order, Profile, RawPlanes};

fn columns(element_bytes: u8, columns: u32) -> Options {
    let order = Order::Columns { element_bytes, columns };
    Options { order, ..Options::forced(PlaneCodec::TansPair, Predictor::Left) }
}

/// Bytes whose columns have a level of their own.
fn with_columns(columns: usize, len: usize) -> Vec<u8> {
    let mut random = Random::new(columns as u64);
    let levels: Vec<u8> = (0..columns).map(|_| random.byte()).collect();
    (0..len).map(|at| levels[at % columns].wrapping_add(random.byte() >> 5)).collect()
}

/// Elements of every size, rows that end with the tensor and not, narrow and wide ones.
#[test]
fn every_shape_comes_back() {
    for element_bytes in [1, 2, 4, 8] {
        for width in [2, 3, 8, 18, 65, 300, 4096] {
            for rest in [0, 1, width - 1] {
                let elements = 40_000 / width * width + rest;
                let data = with_columns(7, elements * usize::from(element_bytes));
                let tensor = Tensor { dtype: Dtype::U8, shape: vec![data.len() as u64], data };
                let options = columns(element_bytes, width as u32);
                let blob = options.encoder().encode(&tensor.view()).unwrap();
                let summary = check_blob(&blob, &tensor.data);
                assert_eq!(summary.transposed, Some((element_bytes, width as u32)));
            }
        }
    }
}

/// All CPU backends, with coded planes, and ranges that begin and end anywhere.
#[test]
fn every_backend_and_range() {
    let tensor = Tensor::new(Dtype::F32, &[700, 96], Distribution::Laplace(3.0), 5);
    let raw_planes = RawPlanes::Coded(None);
    let blob = Options { raw_planes, ..columns(4, 96) }.encoder().encode(&tensor.view()).unwrap();
    let parsed = Blob::parse(&blob).unwrap();
    let end = tensor.data.len();
    for backend in CpuBackend::all() {
        let decoder = Decoder::cpu(backend);
        check_decoded(&decoder, &blob, &tensor.data);
        for (start, end) in
            [(0, 0), (0, 1), (383, 385), (5000, 200_000), (end - 1, end), (end, end)]
        {
            let mut out = vec![0xA5; end - start];
            decoder.decode_range(&parsed, start as u64..end as u64, &mut out).unwrap();
            assert!(out == tensor.data[start..end], "{backend:?}, bytes {start} to {end}");
        }
    }
}

/// What the columns have to do with each other decides.
#[test]
fn columns_are_taken_where_they_pay() {
    for (dtype, shape, element_bytes) in
        [(Dtype::I8, [16000, 64], 1), (Dtype::BF16, [8000, 64], 2), (Dtype::F32, [4000, 65], 4)]
    {
        let elements = shape[0] * shape[1];
        // Of 65, no byte of a tile has that above in its column, from which it could be predicted.
        let levels = with_columns(shape[1] as usize, elements as usize);
        let mut random = Random::new(3);
        let element = |&high: &u8| {
            let low = (1..element_bytes).map(|_| random.byte()).collect::<Vec<u8>>();
            [low, vec![high]].concat()
        };
        let data: Vec<u8> = levels.iter().flat_map(element).collect();
        let tensor = Tensor { dtype, shape: shape.to_vec(), data };
        for profile in [Profile::Balanced, Profile::Ratio] {
            let options = Options { profile, ..Options::default() };
            let blob = options.encoder().encode(&tensor.view()).unwrap();
            let summary = check_blob(&blob, &tensor.data);
            assert_eq!(
                summary.transposed,
                Some((element_bytes as u8, shape[1] as u32)),
                "{dtype} {profile:?}"
            );
            let rows = Options { order: Order::Rows, ..options };
            let rows = rows.encoder().encode(&tensor.view()).unwrap();
            assert!(blob.len() < rows.len());
            assert_eq!(check_blob(&rows, &tensor.data).transposed, None);
        }
    }
}

/// Integers of eight bytes, and blocks of a scale and quants.
#[test]
fn bytes_have_columns_of_their_own() {
    let mut random = Random::new(8);
    let indices: Vec<u8> =
        (0..20_000).flat_map(|_| (random.next_u64() >> 47).to_le_bytes()).collect();
    let tensor = Tensor { dtype: Dtype::I64, shape: vec![20_000], data: indices };
    let blob = Options::default().encoder().encode(&tensor.view()).unwrap();
    assert_eq!(check_blob(&blob, &tensor.data).transposed, Some((1, 8)));
    // 17 bits of 64, and what short tiles and tables cost.
    assert!(blob.len() < tensor.data.len() * 21 / 64);

    for block in [18, 34] {
        let byte = |at: usize| match at % block {
            0 => random.byte(),
            1 => 0x2B + (random.byte() >> 6),
            _ => random.byte() & random.byte() | 0x11,
        };
        let data: Vec<u8> = (0..block * 10_000).map(byte).collect();
        let tensor = Tensor { dtype: Dtype::U8, shape: vec![data.len() as u64], data };
        let blob = Options::default().encoder().encode(&tensor.view()).unwrap();
        assert_eq!(check_blob(&blob, &tensor.data).transposed, Some((1, block as u32)));
    }
}

/// Columns that are alike, a tensor that is short, one of a single row: nothing to gain.
#[test]
fn ordinary_tensors_stay_as_they_are() {
    let gaussian = |dtype, shape: &[u64]| Tensor::new(dtype, shape, Distribution::Gaussian(6.0), 9);
    let tensors = [
        gaussian(Dtype::BF16, &[1000, 200]),
        gaussian(Dtype::F32, &[1000, 64]),
        gaussian(Dtype::I8, &[1000, 64]),
        gaussian(Dtype::I8, &[64_000]),
        Tensor { dtype: Dtype::I8, shape: vec![255, 8], data: with_columns(8, 255 * 8) },
        Tensor { dtype: Dtype::I8, shape: vec![1, 90_000], data: with_columns(90_000, 90_000) },
        Tensor { dtype: Dtype::I64, shape: vec![0], data: vec![] },
        // Less than a band.
        Tensor { dtype: Dtype::I64, shape: vec![2047], data: with_columns(8, 2047 * 8) },
    ];
    for tensor in tensors {
        let blob = Options::default().encoder().encode(&tensor.view()).unwrap();
        assert_eq!(
            check_blob(&blob, &tensor.data).transposed,
            None,
            "{} {:?}",
            tensor.dtype,
            tensor.shape
        );
    }
}

#[test]
fn an_order_that_does_not_fit_is_refused() {
    let data = with_columns(7, 40_000);
    let tensor = Tensor { dtype: Dtype::U8, shape: vec![40_000], data };
    for (element_bytes, width) in [(3, 8), (0, 8), (1, 0), (1, 1), (8, 20_000), (4, 40_001)] {
        let error = columns(element_bytes, width).encoder().encode(&tensor.view()).unwrap_err();
        assert_eq!(error.code(), "invalid_argument", "{element_bytes} {width}: {error}");
    }
}
