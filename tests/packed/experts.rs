//! Products of which each row names its own matrix.

use crate::weights::{Kind, Weights};
use support::Random;
use wcodec::packed::{Form, PackedMatrix, WeightRows, multiply_experts};

#[test]
fn each_row_is_that_of_its_matrix() {
    let mut random = Random::new(3);
    let kinds = [Kind::Spread, Kind::AnyBits, Kind::Gaussian];
    let packed: Vec<PackedMatrix> = (0..5)
        .map(|seed| {
            let bytes = Weights::new(kinds[seed % 3], 20, 130, seed as u64).bytes();
            let rows = WeightRows::new(&bytes, 20, 130).unwrap();
            PackedMatrix::pack(&rows, Form::Fast).unwrap()
        })
        .collect();
    let matrices: Vec<&PackedMatrix> = packed.iter().collect();
    let x = Weights::new(Kind::Gaussian, 6, 130, 9).bytes();
    for rows_of_one in [1, 3] {
        // 5 and 6 name none.
        let names: Vec<u32> = (0..6 * rows_of_one).map(|_| random.below(7) as u32).collect();
        let rows = WeightRows::new(&x, 6, 130).unwrap();
        let y = multiply_experts(&matrices, &rows, &names).unwrap();
        for (row, (&name, y)) in names.iter().zip(y.chunks_exact(40)).enumerate() {
            let x = &x[row / rows_of_one * 260..][..260];
            let x = WeightRows::new(x, 1, 130).unwrap();
            let expected = matrices.get(name as usize).map(|one| one.multiply(&x, None).unwrap());
            assert_eq!(y, expected.unwrap_or(vec![0; 40]), "row {row} of {name}");
        }
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let bytes = Weights::new(Kind::Gaussian, 4, 10, 1).bytes();
    let pack = |rows, columns| {
        PackedMatrix::pack(&WeightRows::new(&bytes, rows, columns).unwrap(), Form::Fast).unwrap()
    };
    let (one, other) = (pack(4, 10), pack(2, 20));
    let x = WeightRows::new(&bytes, 4, 10).unwrap();
    assert!(multiply_experts(&[], &x, &[0; 4]).is_err());
    assert!(multiply_experts(&[&one, &other], &x, &[0; 4]).is_err());
    assert!(multiply_experts(&[&other], &x, &[0; 4]).is_err());
    assert!(multiply_experts(&[&one], &x, &[0; 5]).is_err());
    assert!(multiply_experts(&[&one], &x, &[0; 8]).is_ok());
}
