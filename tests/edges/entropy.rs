//! The limit that ratios are quoted beside, where it can be told without a logarithm.

use support::Tensor;
use wcodec::Dtype;
use wcodec::programs::analyze::entropy_limit;

fn limit(dtype: Dtype, data: Vec<u8>) -> u64 {
    let shape = vec![data.len() as u64 * 8 / dtype.bitsize() as u64];
    entropy_limit(&Tensor { dtype, shape, data }.view()).unwrap()
}

#[test]
fn powers_of_two() {
    assert_eq!(limit(Dtype::U8, vec![]), 0);
    assert_eq!(limit(Dtype::U8, vec![9; 80_000]), 0);
    assert_eq!(limit(Dtype::I8, [3, 200].repeat(40_000)), 10_000);
    assert_eq!(limit(Dtype::F8_E4M3, [1, 2, 3, 3].repeat(20_000)), 15_000);
    assert_eq!(limit(Dtype::U8, (0..=255).collect::<Vec<u8>>().repeat(300)), 76_800);
}

/// A raw plane counts by what is in it.
#[test]
fn raw_planes() {
    // One exponent, every sign and mantissa as often: half of every element is free.
    let halves = (0..8192u16).flat_map(|at| (0x3F80 | at << 8 & 0x8000 | at & 0x7F).to_le_bytes());
    assert_eq!(limit(Dtype::BF16, halves.collect()), 8192);
    // The same with four mantissas.
    let few = (0..8192u16).flat_map(|at| (0x3F80 | at & 3).to_le_bytes());
    assert_eq!(limit(Dtype::BF16, few.collect()), 2048);
    // Two exponents as often, and only the lowest byte of the mantissa in use.
    let singles =
        (0..8192u32).flat_map(|at| (0x3F00_0000 + ((at % 2) << 23) + at % 256).to_le_bytes());
    assert_eq!(limit(Dtype::F32, singles.collect()), 1024 + 8192);
}

/// Of the splits of an integer the best is meant: in bytes, or with its high byte alone.
#[test]
fn the_better_of_two_splits() {
    // Elements 0x0000 and 0x0101: two bits apiece by their two bytes in planes, a bit for each; as
    // much where all bytes are alike.
    assert_eq!(limit(Dtype::I16, [0, 0, 1, 1].repeat(4000)), 2000);
    // A constant high byte over any low byte.
    let shorts = (0..8192u32).flat_map(|at| [at as u8, 77]);
    assert_eq!(limit(Dtype::U16, shorts.collect()), 8192);
}
