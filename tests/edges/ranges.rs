//! Parts of a tensor that begin and end around the edges of its tiles.

use support::{Distribution, Options, Tensor, cpu};
use wcodec::encode::{PlaneCodec, Predictor};
use wcodec::{Blob, Dtype, Error};

/// A matrix of two tile columns and three tile rows, and a vector of as many bytes and a ragged
/// end.
fn tensors() -> [Tensor; 2] {
    let tensor = |shape: &[u64]| Tensor::new(Dtype::I8, shape, Distribution::Gaussian(6.0), 1);
    [tensor(&[2 * 8 + 3, 1024]), tensor(&[(2 * 8 + 3) * 1024 + 77])]
}

fn encode(tensor: &Tensor) -> Vec<u8> {
    let options = Options::forced(PlaneCodec::TansPair, Predictor::Left);
    options.encoder().encode(&tensor.view()).unwrap()
}

#[test]
fn every_pair_of_edges() {
    for tensor in tensors() {
        let blob = encode(&tensor);
        let blob = Blob::parse(&blob).unwrap();
        let length = tensor.data.len();
        let edges = [0, 16, 512, 1024, 4096, 8192, 16_384, length];
        let around = edges.into_iter().flat_map(|edge| [edge.saturating_sub(1), edge, edge + 1]);
        let places: Vec<usize> = around.filter(|&place| place <= length).collect();
        for &start in &places {
            for &end in places.iter().filter(|&&end| end >= start) {
                let slice = &tensor.data[start..end];
                let mut decoded: Vec<u8> = slice.iter().map(|byte| !byte).collect();
                cpu().decode_range(&blob, start as u64..end as u64, &mut decoded).unwrap();
                assert!(decoded == slice, "{start}..{end} of {length}");
            }
        }
    }
}

#[test]
fn ranges_that_are_not_inside_are_refused() {
    let [tensor, _] = tensors();
    let blob = encode(&tensor);
    let blob = Blob::parse(&blob).unwrap();
    let length = blob.byte_len();
    let backwards = std::ops::Range { start: 5, end: 4 };
    let mut buffer = vec![0; tensor.data.len() + 2];
    for (range, bytes) in [
        (0..length + 1, length + 1),
        (length..length + 1, 1),
        (length + 1..length + 1, 0),
        (u64::MAX..u64::MAX, 0),
        (0..u64::MAX, 5),
        (backwards, 0),
        (0..10, 9),
        (0..10, 11),
        (0..0, 1),
    ] {
        let refusal = cpu().decode_range(&blob, range.clone(), &mut buffer[..bytes as usize]);
        assert!(matches!(refusal, Err(Error::InvalidArgument(_))), "{range:?}: {refusal:?}");
    }
    let whole = cpu().decode(&blob, &mut buffer);
    assert!(matches!(whole, Err(Error::InvalidArgument(_))), "{whole:?}");
}
