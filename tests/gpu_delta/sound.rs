//! Deltas of every width and form.

use crate::{Specimen, changed, on_the_gpu};
use support::{ALL_DTYPES, Distribution, Random, Tensor, cpu};
use wcodec::delta::{DeltaForm, RowMap};
use wcodec::{Dtype, Encoder, TensorView};

/// Checks that the GPU makes these tensors of their deltas, in one call, in place where rows stay
/// where they are, and to other buffers.
#[track_caller]
fn check(specimens: &[Specimen], tensors: &[Vec<u8>], skew: u64) {
    for (Specimen { delta, reference }, tensor) in specimens.iter().zip(tensors) {
        assert!(reference::decode_delta(delta, reference).unwrap() == *tensor);
    }
    let maps_rows = specimens.iter().any(|specimen| specimen.parsed().has_row_map());
    for in_place in [false, true] {
        if in_place && maps_rows {
            continue;
        }
        let decoded = on_the_gpu(specimens, in_place, skew);
        for (number, ((fault, content), tensor)) in decoded.iter().zip(tensors).enumerate() {
            let summary = specimens[number].parsed().summary();
            assert_eq!(*fault, None, "{number}: {summary}");
            assert!(content == tensor, "{number}, in place {in_place}, skew {skew}: {summary}");
        }
    }
}

fn encode(dtype: Dtype, shape: &[u64], new: &[u8], old: Vec<u8>) -> Specimen {
    let tensor = TensorView::new(dtype, shape, new).unwrap();
    Specimen { delta: Encoder::new().encode_against(&tensor, &old).unwrap(), reference: old }
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn every_dtype_with_every_share_of_changes() {
    for dtype in ALL_DTYPES {
        let (mut specimens, mut tensors) = (Vec::new(), Vec::new());
        for (seed, rarity) in (1..).zip([0, 1, 2, 5, 20, 100, 3000]) {
            for count in [0, 8, 1000, 33_000, 300_008] {
                let old = Tensor::new(dtype, &[count], Distribution::Gaussian(6.0), seed);
                let new = changed(&old.data, rarity, &mut Random::new(seed));
                specimens.push(encode(dtype, &[count], &new, old.data));
                tensors.push(new);
            }
        }
        println!("{dtype}");
        // The least that elements of 1, 2, 4 and 8 bytes may be misaligned by.
        let width = (dtype.bitsize() as u64 / 8).max(1);
        check(&specimens, &tensors, 0);
        check(&specimens, &tensors, if dtype == Dtype::C64 { 4 } else { width });
    }
}

/// Every width of an element with every width of differences, sparse and dense.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn every_width_of_differences() {
    let mut random = Random::new(8);
    let mut forms = [0, 0];
    for dtype in [Dtype::U8, Dtype::U16, Dtype::U32, Dtype::U64] {
        let width = dtype.bitsize() / 8;
        let (mut specimens, mut tensors) = (Vec::new(), Vec::new());
        for stored in [1, 2, 4, 8].into_iter().filter(|&stored| stored <= width) {
            for rarity in [1, 50] {
                let old = random.bytes(width * 100_003);
                let mut new = old.clone();
                for element in new.chunks_exact_mut(width) {
                    if random.below(rarity) == 0 {
                        let mut bytes = [0; 8];
                        bytes[..width].copy_from_slice(element);
                        let by = random.next_u64() >> (66 - 8 * stored);
                        let changed = u64::from_le_bytes(bytes).wrapping_add(by + 1);
                        element.copy_from_slice(&changed.to_le_bytes()[..width]);
                    }
                }
                let specimen = encode(dtype, &[100_003], &new, old);
                assert_eq!(usize::from(specimen.delta[7]), stored);
                forms[usize::from(specimen.parsed().summary().form == DeltaForm::Dense)] += 1;
                specimens.push(specimen);
                tensors.push(new);
            }
        }
        check(&specimens, &tensors, 0);
    }
    assert_eq!(forms, [10, 10]);
}

/// At both ends of segments and beside them, alone and together, with long gaps.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn changes_at_the_ends_of_segments() {
    for dtype in [Dtype::U8, Dtype::BF16, Dtype::F32, Dtype::F64] {
        let width = dtype.bitsize() / 8;
        let (segment, count) = (65536 / width, 3 * 65536 / width + 1);
        let old = vec![5; count * width];
        let all: Vec<usize> = (segment..2 * segment).step_by(3).collect();
        let places: [&[usize]; 8] = [
            &[0],
            &[segment - 1],
            &[segment],
            &[0, segment - 1, 2 * segment, count - 1],
            &[254, 509, 765, 2000],
            &[255, 511, 767, 2 * segment - 1],
            &[count - 1],
            &all,
        ];
        let changed = places.map(|places| {
            let mut new = old.clone();
            places.iter().for_each(|place| new[place * width] ^= 0x81);
            new
        });
        let encoded = changed.iter().map(|new| encode(dtype, &[count as u64], new, old.clone()));
        check(&encoded.collect::<Vec<_>>(), &changed, 0);
    }
}

/// Rows of 96 bytes, which are copied as units, of 10, as elements, and of more than a segment.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn rows_that_are_elsewhere() {
    let mut random = Random::new(4);
    for (row, rows) in [(96, 4000), (10, 9000), (80_000, 7), (2, 50_000)] {
        let old = random.bytes(row * rows);
        for rarity in [0, 1, 40] {
            let map: Vec<Option<u32>> = (0..rows as u32 - 2)
                .map(|at| match at % 7 {
                    0 => None,
                    1 => Some(random.below(rows as u64) as u32),
                    _ => Some(at + 1),
                })
                .collect();
            let gathered: Vec<u8> = map
                .iter()
                .flat_map(|from| match from {
                    Some(from) => old[*from as usize * row..][..row].to_vec(),
                    None => random.bytes(row),
                })
                .collect();
            let new = changed(&gathered, rarity, &mut random);
            let shape = [rows as u64 - 2, row as u64 / 2];
            let tensor = TensorView::new(Dtype::F16, &shape, &new).unwrap();
            let map = RowMap::new(row as u64, map).unwrap();
            let delta = Encoder::new().encode_against_rows(&tensor, &old, &map).unwrap();
            let specimen = Specimen { delta, reference: old.clone() };
            let mut out = vec![0; new.len()];
            cpu().decode_against(&specimen.parsed(), &old, &mut out).unwrap();
            assert!(out == new);
            check(&[specimen], &[new], 2);
        }
    }
}
