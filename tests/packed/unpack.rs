//! Packing and unpacking.

use crate::weights::{Kind, MISLEADING, Weights, misleading};
use proptest::prelude::*;
use wcodec::packed::{Form, PackedMatrix, WeightRows};

/// Below, on and above the edges of lanes, steps, blocks and parts.
pub const EDGES: [usize; 14] = [0, 1, 2, 7, 15, 16, 17, 31, 33, 63, 64, 65, 513, 600];

fn check(weights: &Weights, form: Form) -> PackedMatrix {
    let bytes = weights.bytes();
    let rows = WeightRows::new(&bytes, weights.rows as u64, weights.columns as u64).unwrap();
    let packed = PackedMatrix::pack(&rows, form).unwrap();
    assert!(packed.unpack().unwrap() == bytes, "{form:?} {}×{}", weights.rows, weights.columns);
    let mut saved = Vec::new();
    packed.save(&mut saved).unwrap();
    let (bits, columns) = reference::packed::unpack(&saved).unwrap();
    assert_eq!((bits, columns), (weights.bits.clone(), weights.columns));
    packed
}

#[test]
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
fn a_gaussian_takes_little_more_than_twelve_bits() {
    let packed = check(&Weights::new(Kind::Gaussian, 256, 1024, 1), Form::Fast);
    assert_eq!(packed.form(), Form::Fast);
    let bits = packed.byte_len() as f64 * 8.0 / (256.0 * 1024.0);
    assert!((12.0..12.1).contains(&bits), "{bits}");
}

#[test]
fn zeros_are_no_exceptions() {
    for kind in [Kind::Zeros, Kind::Sparse, Kind::Constant, Kind::Subnormal] {
        let packed = check(&Weights::new(kind, 64, 640, 2), Form::Fast);
        let most = if matches!(kind, Kind::Sparse) { 20 } else { 0 };
        assert!(packed.exceptions() <= most, "{kind:?} {}", packed.exceptions());
        assert_eq!(packed.form(), Form::Fast);
    }
}

#[test]
fn what_does_not_gain_is_held_whole() {
    let packed = check(&Weights::new(Kind::AnyBits, 100, 100, 3), Form::Fast);
    assert_eq!((packed.form(), packed.exceptions()), (Form::Whole, 0));
}

/// A third of the weights have no code in the scale of the sample, so that all choose, of which a
/// third have none in turn; the others have few exceptions, and all of them are held.
#[test]
fn samples_that_mislead() {
    let form = |name| {
        let packed = check(&misleading(name), Form::Fast);
        (packed.form(), packed.exceptions() > 0)
    };
    assert_eq!(form(MISLEADING[0]), (Form::Whole, false));
    assert_eq!(form(MISLEADING[1]), (Form::Fast, true));
    assert_eq!(form(MISLEADING[2]), (Form::Fast, true));
}

#[test]
fn all_weights_choose_where_those_of_the_sample_are_few() {
    let mut weights = misleading(MISLEADING[1]);
    let columns = weights.columns;
    // Nothing but zeros and one number where the sample looks: any scale near it holds all of it.
    for (at, bits) in weights.bits.iter_mut().enumerate() {
        let step = at / columns / 16 * 16 + at % columns / 64;
        if step.is_multiple_of(3) {
            *bits = if at == 0 { 0x1000 } else { 0 };
        }
    }
    let packed = check(&weights, Form::Fast);
    assert_eq!(packed.form(), Form::Fast);
}

#[test]
fn rows_may_lie_apart() {
    let weights = Weights::new(Kind::SomeOfAnyBits, 40, 100, 4);
    let part: Vec<u8> = weights
        .bits
        .chunks_exact(100)
        .flat_map(|row| &row[10..81])
        .flat_map(|bits| bits.to_le_bytes())
        .collect();
    let bytes = weights.bytes();
    let rows = WeightRows::with_stride(&bytes[20..], 40, 71, 100).unwrap();
    assert_eq!(PackedMatrix::pack(&rows, Form::Fast).unwrap().unpack().unwrap(), part);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn any_shape_and_kind(
        rows in 0usize..70,
        columns in 0usize..300,
        kind in 0usize..9,
        seed: u64,
    ) {
        check(&Weights::new(Kind::ALL[kind], rows, columns, seed), Form::Fast);
    }
}
