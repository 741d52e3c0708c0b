//! Products, beside sums of F64 numbers.

use crate::unpack::EDGES;
use crate::weights::{Kind, Weights, check, value};
use proptest::prelude::*;
use wcodec::packed::{Form, PackedMatrix, WeightRows};

fn pack(weights: &Weights, form: Form) -> PackedMatrix {
    let bytes = weights.bytes();
    let rows = WeightRows::new(&bytes, weights.rows as u64, weights.columns as u64).unwrap();
    PackedMatrix::pack(&rows, form).unwrap()
}

fn multiply(packed: &PackedMatrix, x: &Weights, bias: Option<&[u8]>) -> Vec<u16> {
    let bytes = x.bytes();
    let rows = WeightRows::new(&bytes, x.rows as u64, x.columns as u64).unwrap();
    let y = packed.multiply(&rows, bias).unwrap();
    y.chunks_exact(2).map(|bits| u16::from_le_bytes([bits[0], bits[1]])).collect()
}

#[test]
fn edges_of_blocks_steps_and_rows_of_x() {
    for columns in EDGES {
        for (rows, n) in [(1, 1), (15, 8), (17, 9), (33, 3)] {
            let weights = Weights::new(Kind::Spread, rows, columns, columns as u64);
            let x = Weights::new(Kind::Gaussian, n, columns, 7);
            for form in [Form::Fast, Form::Whole] {
                check(&weights, &x, &multiply(&pack(&weights, form), &x, None));
            }
        }
    }
}

#[test]
fn a_row_does_not_depend_on_its_neighbours() {
    let weights = Weights::new(Kind::SomeOfAnyBits, 50, 700, 8);
    let (packed, x) = (pack(&weights, Form::Fast), Weights::new(Kind::Gaussian, 33, 700, 9));
    let all = multiply(&packed, &x, None);
    for row in 0..x.rows {
        let bits = x.bits[row * 700..][..700].to_vec();
        let alone = multiply(&packed, &Weights { rows: 1, columns: 700, bits }, None);
        assert_eq!(alone, all[row * 50..][..50]);
    }
    assert_eq!(multiply(&packed, &x, None), all);
}

#[test]
fn both_forms_give_the_same_sums_where_there_are_no_exceptions() {
    let weights = Weights::new(Kind::Constant, 40, 200, 0);
    let x = Weights::new(Kind::Gaussian, 5, 200, 1);
    let of = |form| multiply(&pack(&weights, form), &x, None);
    assert_eq!(of(Form::Fast), of(Form::Whole));
}

#[test]
fn infinities_and_nan_among_the_weights_reach_their_rows_and_no_others() {
    let mut weights = Weights::new(Kind::Gaussian, 20, 300, 10);
    weights.bits[3 * 300 + 5] = 0x7F80;
    weights.bits[4 * 300 + 6] = 0xFF80;
    weights.bits[5 * 300 + 7] = 0x7FC1;
    let x = Weights { rows: 1, columns: 300, bits: vec![0x3F80; 300] };
    let packed = pack(&weights, Form::Fast);
    assert_eq!(packed.form(), Form::Fast);
    let y = multiply(&packed, &x, None);
    check(&weights, &x, &y);
    let special: Vec<usize> = (0..20).filter(|&row| !value(y[row]).is_finite()).collect();
    assert_eq!(special, [3, 4, 5]);
    assert_eq!((y[3], y[4]), (0x7F80, 0xFF80));
}

#[test]
fn a_bias_is_added_before_rounding() {
    let weights = Weights { rows: 2, columns: 1, bits: vec![0x3F80, 0x3F80] };
    let x = Weights { rows: 2, columns: 1, bits: vec![0x3B80, 0x4000] };
    // 1/256 + 1 rounds to 1, as does 1/256 + 2 to 2; the bias of the second is -1.
    let bias = [0x3F80u16, 0xBF80].map(u16::to_le_bytes).concat();
    let y = multiply(&pack(&weights, Form::Fast), &x, Some(&bias));
    assert_eq!(y, [0x3F80, 0xBF7F, 0x4040, 0x3F80]);
}

#[test]
fn arguments_that_do_not_fit_are_refused() {
    let packed = pack(&Weights::new(Kind::Gaussian, 4, 8, 1), Form::Fast);
    let bytes = [0; 32];
    let of = |columns: usize, bias: Option<&[u8]>| {
        let x = WeightRows::new(&bytes[..2 * columns], 1, columns as u64).unwrap();
        packed.multiply(&x, bias).map_err(|error| error.code())
    };
    assert!(of(8, None).is_ok());
    assert_eq!(of(7, None), Err("invalid_argument"));
    assert_eq!(of(8, Some(&[0; 6])), Err("invalid_argument"));
    assert!(of(8, Some(&[0; 8])).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]
    #[test]
    fn any_shape_and_kind(
        rows in 0usize..40,
        columns in 0usize..300,
        n in 0usize..20,
        kind in 0usize..9,
        seed: u64,
    ) {
        let weights = Weights::new(Kind::ALL[kind], rows, columns, seed);
        let x = Weights::new(Kind::Gaussian, n, columns, !seed);
        check(&weights, &x, &multiply(&pack(&weights, Form::Fast), &x, None));
    }
}
