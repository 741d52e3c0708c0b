//! Products of which each row names its own matrix.

use crate::weights::{Kind, Weights, check};
use crate::{KERNELS, memory, multiply, numbers, pack, read};
use support::Random;
use wcodec::gpu::{GpuExperts, GpuPackedMatrix, GpuRows};
use wcodec::packed::Form;

const COLUMNS: usize = 700;

fn experts(count: usize, rows: usize) -> (Vec<Weights>, GpuExperts) {
    let kinds = [Kind::Spread, Kind::AnyBits, Kind::Gaussian];
    let weights = |at| Weights::new(kinds[at % 3], rows, COLUMNS, at as u64);
    let weights: Vec<Weights> = (0..count).map(weights).collect();
    let packed: Vec<GpuPackedMatrix> = weights.iter().map(|one| pack(one, Form::Fast)).collect();
    assert!(packed.iter().any(|one| one.form() == Form::Whole) || count == 1);
    (weights, GpuExperts::new(&KERNELS, packed).unwrap())
}

/// The bits of y, which is full of 1 bits before.
fn multiply_experts(experts: &GpuExperts, x: &Weights, names: &[u32]) -> Vec<u16> {
    let bytes: Vec<u8> = names.iter().flat_map(|name| name.to_le_bytes()).collect();
    let (x_memory, names_memory) = (memory(&x.bytes()), memory(&bytes));
    let rows = u64::from(experts.shape().rows());
    let y = memory(&vec![0xFF; 2 * names.len() * rows as usize]);
    let x = GpuRows::new(&x_memory, 0, x.rows as u64, COLUMNS as u64).unwrap();
    let y_rows = GpuRows::new(&y, 0, names.len() as u64, rows).unwrap();
    experts.multiply(&x, &names_memory, &y_rows, KERNELS.stream()).unwrap();
    numbers(&read(&y))
}

/// Every row has the bits that it has alone, and the value that its weights say.
fn check_rows((count, rows): (usize, usize), x_rows: usize, names: &[u32], seed: u64) {
    let (weights, experts) = experts(count, rows);
    let x = Weights::new(Kind::Gaussian, x_rows, COLUMNS, seed);
    let y = multiply_experts(&experts, &x, names);
    let rows_of_one = names.len() / x_rows;
    for (row, (&name, y)) in names.iter().zip(y.chunks_exact(rows)).enumerate() {
        let Some(weights) = weights.get(name as usize) else {
            assert!(y.iter().all(|&bits| bits == 0xFFFF), "a row that names none is written");
            continue;
        };
        let bits = x.bits[row / rows_of_one * COLUMNS..][..COLUMNS].to_vec();
        let x = Weights { rows: 1, columns: COLUMNS, bits };
        assert!(multiply(&experts.matrices()[name as usize], &x, None) == y, "row {row}: {name}");
        check(weights, &x, y);
    }
}

/// Fewer rows than matrices and more, all of one matrix and none of it.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn rows_name_their_matrices() {
    let mut random = Random::new(5);
    for (count, x_rows, rows_of_one) in
        [(1, 1, 1), (7, 1, 3), (7, 7, 1), (40, 5, 8), (5, 64, 8), (3, 300, 1), (9, 11, 2)]
    {
        let names = (0..x_rows * rows_of_one).map(|_| random.below(count as u64) as u32);
        let names: Vec<u32> = names.collect();
        check_rows((count, 35), x_rows, &names, 6);
    }
    for n in [1, 8, 9, 17, 33, 100, 257, 600] {
        check_rows((4, 35), n, &vec![2; n], 7);
        check_rows((700, 35), 1, &vec![2; n], 8);
    }
}

/// Matrices of enough blocks of rows for kernels that take several, and an odd number of them.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn large_matrices() {
    let mut random = Random::new(6);
    for n in [2, 7, 9, 40, 90, 200] {
        let names: Vec<u32> = (0..n).map(|_| random.below(9) as u32).collect();
        check_rows((9, 1000), n, &names, 8);
    }
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn rows_that_name_no_matrix_are_left_alone() {
    check_rows((3, 35), 2, &[3, 1, u32::MAX, 1, 2, 1 << 31], 9);
    check_rows((3, 35), 1, &[1, 7], 9);
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn what_does_not_fit_is_refused() {
    let (_, experts) = experts(3, 35);
    let (a, b, c) = (memory(&[0; 8 * 2 * 700]), memory(&[0; 4000]), memory(&[0; 4000]));
    let rows = |rows, columns| GpuRows::new(&a, 0, rows, columns).unwrap();
    let y = |rows, columns| GpuRows::new(&b, 0, rows, columns).unwrap();
    let refused = |x: GpuRows<'_>, y: GpuRows<'_>| {
        experts.multiply(&x, &c, &y, KERNELS.stream()).unwrap_err().to_string()
    };
    assert!(refused(rows(2, 699), y(2, 35)).contains("columns"));
    assert!(refused(rows(2, 700), y(2, 34)).contains("columns"));
    assert!(refused(rows(2, 700), y(3, 35)).contains("multiple"));
    assert!(refused(rows(2, 700), rows(2, 35)).contains("shares"));
    assert!(GpuExperts::new(&KERNELS, Vec::new()).is_err());
    let other = pack(&Weights::new(Kind::Gaussian, 35, 699, 1), Form::Fast);
    let some = vec![experts.matrices()[0].clone(), other];
    assert!(GpuExperts::new(&KERNELS, some).unwrap_err().to_string().contains("shapes"));
}
