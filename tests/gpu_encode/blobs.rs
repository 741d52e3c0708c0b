//! Tensors of many kinds and lengths.

use crate::{bytes, check, codecs, encode};
use support::{Distribution, Random, Tensor};
use wcodec::encode::PlaneCodec;
use wcodec::{Dtype, Encoder};

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn every_dtype_and_distribution() {
    let mut random = Random::new(1);
    for distribution in Distribution::ALL {
        for dtype in support::ALL_DTYPES {
            let columns = 512 * support::elements_to_a_byte(dtype);
            let tensor = Tensor::new(dtype, &[90, columns], distribution, random.next_u64());
            let summary = check(&encode(&tensor), &tensor);
            println!("{dtype} {distribution:?}: {summary:?}");
        }
    }
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn lengths_around_each_edge() {
    for dtype in [Dtype::I8, Dtype::F8_E4M3, Dtype::BF16, Dtype::F16, Dtype::F32, Dtype::I32] {
        let element = dtype.bitsize() / 8;
        // A lane, a row, a tile and a group of tiles of the least height, and none of them.
        for edge in [0, 16, 512, 8 * 512, 8 * 8 * 512, 100_000] {
            for beyond in [-16, -(element as i64), 0, element as i64, 16] {
                let Ok(len) = usize::try_from(edge + beyond) else { continue };
                let shape = [(len / element) as u64];
                let tensor = Tensor::new(dtype, &shape, Distribution::Gaussian(6.0), len as u64);
                check(&encode(&tensor), &tensor);
            }
        }
    }
}

/// Tiles as tall as those of large tensors, and many groups of them.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn large_tensors() {
    for (dtype, elements) in [
        (Dtype::I8, (1 << 26) + 4321),
        (Dtype::BF16, (1 << 25) + 4321),
        (Dtype::F32, (1 << 25) + 4321),
    ] {
        let few = Tensor::new(dtype, &[1 << 16], Distribution::Gaussian(20.0), 3);
        let len = elements * dtype.bitsize() / 8;
        let data = few.data.iter().copied().cycle().take(len).collect();
        let tensor = bytes(dtype, data);
        let summary = check(&encode(&tensor), &tensor);
        assert!(summary.codec.has_pairs(), "{summary:?}");
    }
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn codecs_are_chosen_by_what_they_save() {
    for (name, tensor, codec, has_exceptions) in codecs::cases() {
        let summary = check(&encode(&tensor), &tensor);
        assert_eq!((summary.codec, summary.exceptions > 0), (codec, has_exceptions), "{name}");
    }
}

/// Two symbols, one of them once; all of them; frequencies of one and two bytes.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn tables_of_every_kind() {
    let mut data = vec![3; 300_000];
    data[123_456] = 200;
    let rare = bytes(Dtype::U8, data);
    assert_eq!(check(&encode(&rare), &rare).codec, PlaneCodec::Tans8);
    for values in [2, 3, 16, 100, 255, 256] {
        for skew in [0, 1, 3, 8] {
            let mut random = Random::new(values << 8 | skew);
            let value =
                |random: &mut Random| (0..=skew).map(|_| random.below(values)).min().unwrap() as u8;
            let tensor = bytes(Dtype::U8, (0..200_000).map(|_| value(&mut random)).collect());
            check(&encode(&tensor), &tensor);
        }
    }
}

/// No larger than what a CPU makes of one table, and of the balanced profile by little.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn blobs_are_about_as_small_as_those_of_a_cpu() {
    for (dtype, sigma, most) in [
        (Dtype::BF16, 1.0, 1.01),
        (Dtype::I8, 28.0, 1.01),
        (Dtype::I8, 8.0, 1.01),
        (Dtype::F32, 1.0, 1.01),
    ] {
        let tensor = Tensor::new(dtype, &[2048, 1024], Distribution::Gaussian(sigma), 5);
        let (gpu, cpu) =
            (encode(&tensor).len(), Encoder::new().encode(&tensor.view()).unwrap().len());
        println!("{dtype} {sigma}: {gpu} bytes, {cpu} by a CPU");
        assert!(gpu as f64 <= most * cpu as f64, "{dtype} {sigma}: {gpu} bytes, {cpu} by a CPU");
    }
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn corners_of_every_dtype() {
    for (index, dtype) in support::ALL_DTYPES.into_iter().enumerate() {
        for case in 0..support::number("WCODEC_DTYPE_CASES", 100) {
            let (tensor, _) = support::corner_case(dtype, (index as u64) << 40 ^ case);
            check(&encode(&tensor), &tensor);
        }
    }
}
