//! What the device is to do, done by the CPU. It needs no GPU.

use crate::{bytes, codecs};
use support::{Distribution, Random, Tensor, check_blob};
use wcodec::blob::BlobSummary;
use wcodec::gpu::encoded_len_bound;
use wcodec::programs::encode_as_device;
use wcodec::{Blob, Dtype, Encoder};

/// Checks the blob of a tensor.
#[track_caller]
fn check(tensor: &Tensor) -> BlobSummary {
    let blob = encode_as_device(&tensor.view()).unwrap();
    let summary = check_blob(&blob, &tensor.data);
    let bound = encoded_len_bound(tensor.dtype, tensor.data.len() as u64).unwrap();
    assert!(blob.len() as u64 <= bound, "{} bytes, {bound} at most", blob.len());
    let repeated = Encoder::encode_as(&Blob::parse(&blob).unwrap(), &tensor.view()).unwrap();
    assert!(repeated == blob);
    summary
}

#[test]
fn every_dtype_and_distribution() {
    let mut random = Random::new(1);
    for distribution in Distribution::ALL {
        for dtype in support::ALL_DTYPES {
            let columns = 200 * support::elements_to_a_byte(dtype);
            check(&Tensor::new(dtype, &[31, columns], distribution, random.next_u64()));
        }
    }
}

#[test]
fn lengths_around_each_edge() {
    for dtype in [Dtype::I8, Dtype::BF16, Dtype::F32] {
        let element = dtype.bitsize() / 8;
        for edge in [0, 16, 512, 4096, 8 * 4096] {
            for len in [edge - edge.min(element), edge, edge + element, edge + 16] {
                let shape = [(len / element) as u64];
                check(&Tensor::new(dtype, &shape, Distribution::Gaussian(6.0), len as u64));
            }
        }
    }
}

#[test]
fn codecs_are_chosen_by_what_they_save() {
    for (name, tensor, codec, has_exceptions) in codecs::cases() {
        let summary = check(&tensor);
        assert_eq!((summary.codec, summary.exceptions > 0), (codec, has_exceptions), "{name}");
    }
}

/// Of symbols that come in the order which takes the most bits.
#[test]
fn the_bound_holds_for_any_order() {
    for rare in [2, 40, 250] {
        let mut random = Random::new(rare);
        let mut data: Vec<u8> = (0..400_000).map(|_| random.below(rare) as u8).collect();
        data.sort_unstable();
        check(&bytes(Dtype::U8, data.clone()));
        data.extend(random.bytes(400_000));
        check(&bytes(Dtype::U8, data));
    }
}

#[test]
fn choices_that_do_not_fit_are_refused() {
    let tensor = Tensor::new(Dtype::BF16, &[40, 256], Distribution::Gaussian(1.0), 4);
    let blob = encode_as_device(&tensor.view()).unwrap();
    let blob = Blob::parse(&blob).unwrap();
    let mut random = Random::new(3);
    let other = bytes(Dtype::BF16, random.bytes(tensor.data.len()));
    let longer = bytes(Dtype::BF16, vec![0; tensor.data.len() + 512]);
    for wrong in [other, longer] {
        let error = Encoder::encode_as(&blob, &wrong.view()).unwrap_err();
        assert_eq!(error.code(), "invalid_argument", "{error}");
    }
    let constant = encode_as_device(&bytes(Dtype::U8, vec![7; 4096]).view()).unwrap();
    let varies = bytes(Dtype::U8, random.bytes(4096));
    assert!(Encoder::encode_as(&Blob::parse(&constant).unwrap(), &varies.view()).is_err());
}
