//! Tensors beyond 4 GiB through the encoder.

use crate::G4;
use support::{Random, cpu};
use wcodec::encode::PlaneCodec;
use wcodec::{Blob, Dtype, Encoder, TensorView};

/// Zeros, which the operating system keeps no memory for as long as they are not written.
fn zeros(byte_len: u64) -> Vec<u8> {
    vec![0; byte_len as usize]
}

#[test]
fn a_constant_tensor() {
    let data = zeros(G4 + 70_000);
    let shape = [data.len() as u64 / 2];
    let tensor = TensorView::new(Dtype::BF16, &shape, &data).unwrap();
    let encoded = Encoder::new().encode(&tensor).unwrap();
    let blob = Blob::parse(&encoded).unwrap();
    assert_eq!(blob.summary().codec, PlaneCodec::Const);
    assert!(encoded.len() < 2 << 20, "{} bytes", encoded.len());
    for start in [0, G4 - 5000, G4 + 60_000] {
        let mut decoded = vec![0xA5; 10_000];
        cpu().decode_range(&blob, start..start + 10_000, &mut decoded).unwrap();
        assert!(decoded.iter().all(|&byte| byte == 0), "from {start}");
    }
}

/// One element in 2^21 is not 0; all of them are looked at again, and the zeros about them.
#[test]
#[ignore = "takes half a minute and 3 GB: make test-large"]
fn a_sparse_tensor() {
    let mut data = zeros(G4 + 3 * 8192 * 11);
    let mut random = Random::new(3);
    let places: Vec<u64> = (0..data.len() as u64)
        .step_by(1 << 22)
        .map(|start| (start + 2 * random.below(60_000)).min(data.len() as u64 - 2))
        .collect();
    for &place in &places {
        let element = (random.next_u64() as u16 | 1).to_le_bytes();
        data[place as usize..][..2].copy_from_slice(&element);
    }
    let shape = [data.len() as u64 / 8192, 4096];
    let tensor = TensorView::new(Dtype::BF16, &shape, &data).unwrap();
    let encoded = Encoder::new().encode(&tensor).unwrap();
    let blob = Blob::parse(&encoded).unwrap();
    assert_eq!(blob.summary().row_bytes, 8192);
    for place in places {
        let range = place.saturating_sub(9000)..(place + 9000).min(data.len() as u64);
        let expected = &data[range.start as usize..range.end as usize];
        let mut decoded: Vec<u8> = expected.iter().map(|byte| !byte).collect();
        cpu().decode_range(&blob, range, &mut decoded).unwrap();
        assert!(decoded == expected, "around {place}");
    }
}
