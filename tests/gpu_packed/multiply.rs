//! Products, beside sums of F64 numbers.

use crate::weights::{Kind, Weights, check};
use crate::{KERNELS, memory, multiply, numbers, pack, read};
use proptest::prelude::*;
use std::thread;
use wcodec::gpu::{GpuPackedKernels, GpuProduct, GpuRows, GpuStream};
use wcodec::packed::Form;

/// Numbers of rows of x around those that kernels take.
const ROWS: [usize; 15] = [1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 65, 129, 257];

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn any_number_of_rows_of_x() {
    for form in [Form::Fast, Form::Whole] {
        let weights = Weights::new(Kind::Spread, 300, 1024, 1);
        let packed = pack(&weights, form);
        for n in ROWS {
            let x = Weights::new(Kind::Gaussian, n, 1024, n as u64);
            check(&weights, &x, &multiply(&packed, &x, None));
        }
    }
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn edges_of_steps_and_parts() {
    for columns in [1, 2, 15, 16, 17, 63, 64, 65, 127, 128, 129, 511, 512, 513, 1100] {
        for (rows, n) in [(1, 1), (15, 8), (17, 9), (127, 20), (129, 33)] {
            let weights = Weights::new(Kind::Spread, rows, columns, columns as u64);
            let x = Weights::new(Kind::Gaussian, n, columns, 7);
            check(&weights, &x, &multiply(&pack(&weights, Form::Fast), &x, None));
        }
    }
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn without_columns_the_result_is_the_bias() {
    let weights = Weights { rows: 20, columns: 0, bits: Vec::new() };
    let bias = Weights::new(Kind::Gaussian, 1, 20, 3);
    for n in [1, 9, 33] {
        let x = Weights { rows: n, columns: 0, bits: Vec::new() };
        let y = multiply(&pack(&weights, Form::Fast), &x, Some(&bias.bytes()));
        assert_eq!(y, bias.bits.repeat(n));
    }
}

/// Whatever kernel takes it, and each time.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn a_row_has_the_same_bits_whatever_its_neighbours() {
    for kind in [Kind::SomeOfAnyBits, Kind::Gaussian] {
        let weights = Weights::new(kind, 200, 3000, 8);
        let packed = pack(&weights, Form::Fast);
        let x = Weights::new(Kind::Gaussian, 70, 3000, 9);
        let all = multiply(&packed, &x, None);
        assert_eq!(multiply(&packed, &x, None), all);
        for n in [1, 5, 9, 17, 33, 65] {
            let bits = x.bits[..n * 3000].to_vec();
            let some = multiply(&packed, &Weights { rows: n, columns: 3000, bits }, None);
            assert!(some == all[..n * 200], "{n} rows");
        }
    }
}

/// With more blocks of rows than two for each multiprocessor, and an odd number of them, which other
/// kernels take.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn many_blocks_of_rows() {
    for (form, kind) in [(Form::Fast, Kind::SomeOfAnyBits), (Form::Whole, Kind::Spread)] {
        let (rows, columns) = (10_003, 330);
        let weights = Weights::new(kind, rows, columns, 11);
        let packed = pack(&weights, form);
        let x = Weights::new(Kind::Gaussian, 65, columns, 12);
        let some = |first: usize, count: usize| {
            let bits = x.bits[first * columns..][..count * columns].to_vec();
            multiply(&packed, &Weights { rows: count, columns, bits }, None)
        };
        let few: Vec<u16> = (0..65).flat_map(|row| some(row, 1)).collect();
        let first = Weights { rows: 2, columns, bits: x.bits[..2 * columns].to_vec() };
        check(&weights, &first, &few[..2 * rows]);
        for n in [2, 8, 9, 16, 17, 31, 32, 33, 64, 65] {
            assert!(some(0, n) == few[..n * rows], "{form:?}, {n} rows");
        }
    }
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn infinities_and_nan_among_the_weights_reach_their_rows_and_no_others() {
    let mut weights = Weights::new(Kind::Gaussian, 40, 300, 10);
    weights.bits[3 * 300 + 5] = 0x7F80;
    weights.bits[4 * 300 + 6] = 0xFF80;
    weights.bits[35 * 300 + 7] = 0x7FC1;
    let packed = pack(&weights, Form::Fast);
    assert_eq!(packed.form(), Form::Fast);
    for n in [1, 12, 40] {
        let x = Weights { rows: n, columns: 300, bits: vec![0x3F80; n * 300] };
        let y = multiply(&packed, &x, None);
        check(&weights, &x, &y);
        assert_eq!((y[3], y[4]), (0x7F80, 0xFF80));
    }
}

/// More matrices than a launch takes, of both forms and of different heights.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn several_matrices_with_the_same_x() {
    let heights = [40, 1, 129, 0, 257, 16, 130];
    let kinds = [Kind::Gaussian, Kind::AnyBits, Kind::SomeOfAnyBits];
    let weights: Vec<Weights> = (0..heights.len())
        .map(|at| Weights::new(kinds[at % 3], heights[at], 640, at as u64))
        .collect();
    let packed: Vec<_> = weights.iter().map(|weights| pack(weights, Form::Fast)).collect();
    for n in [1, 10, 40] {
        let x = Weights::new(Kind::Gaussian, n, 640, 2);
        let x_memory = memory(&x.bytes());
        let x_rows = GpuRows::new(&x_memory, 0, n as u64, 640).unwrap();
        let ys: Vec<_> = heights.iter().map(|rows| memory(&vec![0xFF; 2 * n * rows])).collect();
        let product = |at: usize| {
            let y = GpuRows::new(&ys[at], 0, n as u64, heights[at] as u64).unwrap();
            GpuProduct::new(&packed[at], y)
        };
        let products: Vec<_> = (0..heights.len()).map(product).collect();
        KERNELS.multiply(&products, &x_rows, KERNELS.stream()).unwrap();
        for (at, y) in ys.iter().enumerate() {
            assert!(numbers(&read(y)) == multiply(&packed[at], &x, None), "matrix {at}, {n} rows");
        }
    }
}

/// Rows of x and y that lie apart, from odd addresses on.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn rows_may_lie_apart() {
    let weights = Weights::new(Kind::Spread, 50, 333, 4);
    let packed = pack(&weights, Form::Fast);
    for n in [3, 11, 40] {
        let wide = Weights::new(Kind::Gaussian, n, 400, 5);
        let source = memory(&wide.bytes());
        let x = GpuRows::with_stride(&source, 2 * 7, n as u64, 333, 400).unwrap();
        let target = memory(&vec![0x77; 2 * 61 * n]);
        let y = GpuRows::with_stride(&target, 2 * 3, n as u64, 50, 61).unwrap();
        packed.multiply(&x, &y, None, KERNELS.stream()).unwrap();
        let bits: Vec<u16> =
            wide.bits.chunks_exact(400).flat_map(|row| &row[7..340]).copied().collect();
        let expected = multiply(&packed, &Weights { rows: n, columns: 333, bits }, None);
        for (row, y) in numbers(&read(&target)).chunks_exact(61).enumerate() {
            assert_eq!(&y[3..53], &expected[50 * row..][..50]);
            assert!(y[..3].iter().chain(&y[53..]).all(|&bits| bits == 0x7777));
        }
    }
}

/// From several threads, each with a stream of its own.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn threads_share_a_matrix() {
    let weights = Weights::new(Kind::SomeOfAnyBits, 500, 2000, 4);
    let packed = pack(&weights, Form::Fast);
    thread::scope(|scope| {
        for seed in 0..4 {
            let packed = &packed;
            scope.spawn(move || {
                let stream = GpuStream::new(KERNELS.context()).unwrap();
                for n in [1, 9, 33, 4, 64] {
                    let x = Weights::new(Kind::Gaussian, n, 2000, seed);
                    let expected = multiply(packed, &x, None);
                    let (source, y) = (memory(&x.bytes()), memory(&vec![0xFF; 2 * n * 500]));
                    let x = GpuRows::new(&source, 0, n as u64, 2000).unwrap();
                    let target = GpuRows::new(&y, 0, n as u64, 500).unwrap();
                    packed.multiply(&x, &target, None, &stream).unwrap();
                    assert!(numbers(&read(&y)) == expected);
                }
            });
        }
    });
    let _: &GpuPackedKernels = packed.kernels();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    #[ignore = "needs an NVIDIA GPU"]
    fn any_shape_and_kind(
        rows in 0usize..300,
        columns in 0usize..700,
        n in 0usize..80,
        kind in 0usize..9,
        seed: u64,
    ) {
        let weights = Weights::new(Kind::ALL[kind], rows, columns, seed);
        let x = Weights::new(Kind::Gaussian, n, columns, !seed);
        let bias = Weights::new(Kind::Zeros, 1, rows, seed).bytes();
        check(&weights, &x, &multiply(&pack(&weights, Form::Fast), &x, Some(&bias)));
    }
}
