//! Packing, unpacking, saving and loading.

use crate::weights::{Kind, MISLEADING, Weights, misleading};
use crate::{KERNELS, memory, pack, read};
use proptest::prelude::*;
use wcodec::gpu::{GpuPackedMatrix, GpuRows};
use wcodec::packed::{Form, PackedMatrix, WeightRows};

/// Below, on and above the edges of lanes, steps, blocks and parts.
const EDGES: [usize; 14] = [0, 1, 2, 7, 15, 16, 17, 31, 33, 63, 64, 65, 513, 600];

fn on_the_cpu(weights: &Weights, form: Form) -> PackedMatrix {
    let bytes = weights.bytes();
    let rows = WeightRows::new(&bytes, weights.rows as u64, weights.columns as u64).unwrap();
    PackedMatrix::pack(&rows, form).unwrap()
}

fn unpack(packed: &GpuPackedMatrix) -> Vec<u8> {
    let (rows, columns) = (packed.shape().rows(), packed.shape().columns());
    let out = memory(&vec![0xFF; 2 * packed.shape().weights() as usize]);
    let target = GpuRows::new(&out, 0, rows.into(), columns.into()).unwrap();
    packed.unpack(&target, KERNELS.stream()).unwrap();
    read(&out)
}

fn check(weights: &Weights, form: Form) {
    let packed = pack(weights, form);
    let what = format!("{form:?} {}×{}", weights.rows, weights.columns);
    assert!(packed.download().unwrap() == on_the_cpu(weights, form), "{what}: packed otherwise");
    assert!(unpack(&packed) == weights.bytes(), "{what}: unpacked otherwise");
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn edges_of_blocks_and_steps() {
    for rows in EDGES.into_iter().filter(|rows| *rows < 70) {
        for columns in EDGES {
            let seed = (rows * 1000 + columns) as u64;
            check(&Weights::new(Kind::Spread, rows, columns, seed), Form::Fast);
            check(&Weights::new(Kind::AnyBits, rows, columns, seed), Form::Whole);
        }
    }
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn every_kind_of_weights() {
    for kind in Kind::ALL {
        check(&Weights::new(kind, 700, 1030, 5), Form::Fast);
    }
}

/// More blocks of rows than threads that add up their exceptions.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn many_blocks_of_rows() {
    check(&Weights::new(Kind::SomeOfAnyBits, 40_000, 65, 6), Form::Fast);
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn ranges_of_rows_and_columns() {
    let weights = Weights::new(Kind::SomeOfAnyBits, 60, 333, 4);
    let source = memory(&weights.bytes());
    for (rows, columns) in [(3..40, 10..300), (0..16, 0..64), (59..60, 332..333), (7..7, 0..333)] {
        let offset = 2 * (rows.start * 333 + columns.start) as u64;
        let (height, width) = (rows.len() as u64, columns.len() as u64);
        let part = GpuRows::with_stride(&source, offset, height, width, 333).unwrap();
        let packed = GpuPackedMatrix::pack(&KERNELS, &part, Form::Fast).unwrap();
        let row = |row: usize| &weights.bits[row * 333..][..333][columns.clone()];
        let expected = rows.flat_map(row).flat_map(|bits| bits.to_le_bytes());
        assert!(unpack(&packed) == expected.collect::<Vec<u8>>(), "{columns:?}");
    }
}

/// In pieces, to rows that lie apart.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn pieces_are_unpacked_to_rows_that_lie_apart() {
    let weights = Weights::new(Kind::Spread, 53, 100, 4);
    let packed = pack(&weights, Form::Fast);
    for rows in [0..53, 0..16, 16..48, 48..53, 32..53, 16..16] {
        let count = rows.len();
        let out = memory(&vec![0x77; 2 * 110 * count]);
        let (height, stream) = (count as u64, KERNELS.stream());
        let target = wcodec::gpu::RawRows::new(out.address(), height, 100, 110).unwrap();
        // SAFETY: there is room for the rows until the stream is waited for.
        unsafe { packed.launch_unpack(rows.clone(), target, stream.raw()) }.unwrap();
        stream.wait().unwrap();
        for (row, bytes) in rows.zip(read(&out).chunks_exact(220)) {
            let expected = &weights.bits[100 * row as usize..][..100];
            assert_eq!(crate::numbers(&bytes[..200]), expected);
            assert!(bytes[200..].iter().all(|&byte| byte == 0x77), "written between rows");
        }
    }
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn what_was_saved_loads_on_either_side() {
    for kind in [Kind::Spread, Kind::AnyBits] {
        let weights = Weights::new(kind, 77, 300, 9);
        let packed = pack(&weights, Form::Fast);
        let mut saved = Vec::new();
        packed.save(&mut saved).unwrap();
        let loaded = GpuPackedMatrix::load(&KERNELS, &saved[..]).unwrap();
        assert!(unpack(&loaded) == weights.bytes());
        assert!(PackedMatrix::load(&saved[..]).unwrap().unpack().unwrap() == weights.bytes());
        saved[60] ^= 1;
        assert_eq!(GpuPackedMatrix::load(&KERNELS, &saved[..]).unwrap_err().code(), "corrupt");
    }
}

/// Weights of which a sample says little: where too many have no code in its scale, all of them
/// choose; and more exceptions than there is room for at first.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn samples_that_mislead() {
    for name in MISLEADING {
        let weights = misleading(name);
        check(&weights, Form::Fast);
        check(&weights, Form::Fast);
    }
}

/// As many threads as like, each with a workspace of its own.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn several_threads_at_once() {
    std::thread::scope(|scope| {
        for seed in 0..6 {
            scope.spawn(move || {
                for rows in [33, 500, 16] {
                    check(&Weights::new(Kind::SomeOfAnyBits, rows, 700, seed), Form::Fast);
                }
            });
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]
    #[test]
    #[ignore = "needs an NVIDIA GPU"]
    fn any_shape_and_kind(
        rows in 0usize..200,
        columns in 0usize..700,
        kind in 0usize..9,
        seed: u64,
    ) {
        check(&Weights::new(Kind::ALL[kind], rows, columns, seed), Form::Fast);
    }
}
