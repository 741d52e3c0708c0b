//! Rows that lie at other places in the reference.

use support::{Distribution, Random, Tensor, cpu};
use wcodec::delta::{Delta, RowMap};
use wcodec::{Dtype, Encoder, TensorView};

const ROW: usize = 96;

/// A vocabulary of 4000 rows that lost some, was put into another order and grew.
fn rearranged(old: &[u8]) -> (Vec<u8>, Vec<Option<u32>>) {
    let mut random = Random::new(4);
    let (mut new, mut rows) = (Vec::new(), Vec::new());
    for row in 0..3000u32 {
        let from = match row {
            0..2000 => Some(row + row / 8),
            2000..2600 => Some(random.below(4000) as u32),
            _ => None,
        };
        match from {
            Some(from) => new.extend_from_slice(&old[from as usize * ROW..][..ROW]),
            None => new.extend(random.bytes(ROW)),
        }
        rows.push(from);
    }
    (new, rows)
}

#[test]
fn rows_that_are_elsewhere_take_a_few_bytes_each() {
    let old = Tensor::new(Dtype::F16, &[4000, 48], Distribution::Gaussian(6.0), 1);
    let (new, rows) = rearranged(&old.data);
    let tensor = TensorView::new(Dtype::F16, &[3000, 48], &new).unwrap();
    let map = RowMap::new(ROW as u64, rows).unwrap();
    let bytes = Encoder::new().encode_against_rows(&tensor, &old.data, &map).unwrap();
    let delta = Delta::parse(&bytes).unwrap();
    assert!(delta.has_row_map());
    assert_eq!((delta.byte_len(), delta.reference_len()), (3000 * 96, 4000 * 96));
    let mut out = vec![0xA5; new.len()];
    cpu().decode_against(&delta, &old.data, &mut out).unwrap();
    assert!(out == new);
    assert!(reference::decode_delta(&bytes, &old.data).unwrap() == new);
    // 400 rows that are new, of 96 random bytes, and 600 at random places.
    assert!(bytes.len() < 400 * 96 * 3 / 2 + 600 * 3, "{} bytes", bytes.len());
    let in_place = cpu().apply(&delta, &mut old.data.clone()).unwrap_err();
    assert_eq!(in_place.code(), "invalid_argument");
}

#[test]
fn maps_that_do_not_fit_are_refused() {
    let old = vec![0u8; 10 * ROW];
    let new = vec![1u8; 4 * ROW];
    let tensor = TensorView::new(Dtype::F16, &[4, 48], &new).unwrap();
    for (row, rows) in [
        (ROW, vec![Some(0); 3]),
        (ROW, vec![Some(10); 4]),
        (ROW + 1, vec![None; 4]),
        (ROW / 2, vec![None; 4]),
        (3, vec![None; 128]),
    ] {
        let map = RowMap::new(row as u64, rows).unwrap();
        let error = Encoder::new().encode_against_rows(&tensor, &old, &map).unwrap_err();
        assert_eq!(error.code(), "invalid_argument", "{row}");
    }
    assert_eq!(RowMap::new(0, vec![]).unwrap_err().code(), "invalid_argument");
}
