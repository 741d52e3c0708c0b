//! Residuals that have no rank.

use crate::support::{Options, Random, Tensor, check_blob};
use wcodec::format::{PlaneCodec, Predictor};

/// Bytes of sixteen values, of which those at `outliers` are others.
fn with_outliers(length: usize, outliers: impl Iterator<Item = usize>) -> Vec<u8> {
    let mut random = Random::new(length as u64);
    let mut data: Vec<u8> = (0..length).map(|_| 100 + random.below(16) as u8).collect();
    for at in outliers {
        data[at] = 116 + random.below(100) as u8;
    }
    data
}

/// How many exceptions the codec takes for these bytes.
fn exceptions(codec: PlaneCodec, data: &[u8]) -> u32 {
    let tensor = Tensor::of_bytes(data.to_vec());
    let options = Options::forced(codec, Predictor::None);
    let blob = options.encoder().encode(&tensor.view()).unwrap();
    check_blob(&blob, &tensor.data).exceptions
}

#[test]
fn an_outlier_is_an_exception_wherever_it_stands() {
    const ROW: usize = 512;
    let places = [0, 1, 15, 16, ROW - 1, ROW, 8 * ROW - 1, 8 * ROW, 3 * 8 * ROW + 99];
    for codec in [PlaneCodec::TansPair, PlaneCodec::Rank4] {
        assert_eq!(exceptions(codec, &with_outliers(3 * 8 * ROW + 100, [].into_iter())), 0);
        for place in places {
            let data = with_outliers(3 * 8 * ROW + 100, [place].into_iter());
            assert_eq!(exceptions(codec, &data), 1, "at {place}");
        }
        let data = with_outliers(3 * 8 * ROW + 100, places.into_iter());
        assert_eq!(exceptions(codec, &data), places.len() as u32);
    }
}

/// Tiles with none, few and nearly only exceptions beside each other.
#[test]
fn tiles_full_of_exceptions() {
    for codec in [PlaneCodec::TansPair, PlaneCodec::Rank4] {
        let mut data = with_outliers(4096, [].into_iter());
        data.extend(Random::new(3).bytes(4096));
        data.extend(with_outliers(4096, (0..4096).step_by(100)));
        data.extend((0..4096).map(|at| (at % 256) as u8));
        assert!(exceptions(codec, &data) > 4096, "{codec:?}");
    }
}

/// Sixteen neighbouring residuals lie below one base, seventeen do not; at either end of a byte too.
#[test]
fn sixteen_residuals_and_seventeen() {
    for codec in [PlaneCodec::TansPair, PlaneCodec::Rank4] {
        for first in [0u8, 1, 100, 239, 240] {
            let sixteen: Vec<u8> = (0..4096).map(|at| first + (at % 16) as u8).collect();
            assert_eq!(exceptions(codec, &sixteen), 0, "{codec:?} from {first}");
            if first < 240 {
                let mut seventeen = sixteen.clone();
                seventeen[1000] = first + 16;
                assert_eq!(exceptions(codec, &seventeen), 1, "{codec:?} from {first}");
            }
        }
    }
}

/// Under every predictor and for every width of element.
#[test]
fn exceptions_before_prediction_is_undone() {
    use wcodec::Dtype;
    let data = with_outliers(2 * 4096 + 300, (0..8000).step_by(37));
    for dtype in [Dtype::U8, Dtype::F8_E4M3, Dtype::F16, Dtype::BF16, Dtype::F32] {
        let shape = vec![data.len() as u64 * 8 / dtype.bitsize() as u64];
        let tensor = Tensor { dtype, shape, data: data.clone() };
        for codec in [PlaneCodec::TansPair, PlaneCodec::Rank4] {
            for predictor in Predictor::ALL {
                let encoder = Options::forced(codec, predictor).encoder();
                let summary = check_blob(&encoder.encode(&tensor.view()).unwrap(), &tensor.data);
                assert!(summary.exceptions > 0, "{dtype} {codec:?} {predictor:?}");
            }
        }
    }
}
