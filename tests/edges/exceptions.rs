//! Residuals that have no rank.

use support::{Options, Random, Tensor, check_blob};
use wcodec::encode::{PlaneCodec, Predictor};

/// Codecs with ranks, and how many neighbouring residuals have one.
const CODECS: [(PlaneCodec, usize); 3] =
    [(PlaneCodec::TansPair, 16), (PlaneCodec::TansCrumb, 64), (PlaneCodec::RansPair, 16)];

/// Bytes of `values` values, of which those at `outliers` are others.
fn with_outliers(length: usize, values: usize, outliers: impl Iterator<Item = usize>) -> Vec<u8> {
    let mut random = Random::new(length as u64);
    let mut data: Vec<u8> = (0..length).map(|_| 80 + random.below(values as u64) as u8).collect();
    for at in outliers {
        data[at] = (80 + values) as u8 + random.below(100) as u8;
    }
    data
}

/// The number of exceptions of the codec for these bytes.
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
    for (codec, ranked) in CODECS {
        assert_eq!(exceptions(codec, &with_outliers(3 * 8 * ROW + 100, ranked, [].into_iter())), 0);
        for place in places {
            let data = with_outliers(3 * 8 * ROW + 100, ranked, [place].into_iter());
            assert_eq!(exceptions(codec, &data), 1, "{codec:?} at {place}");
        }
        let data = with_outliers(3 * 8 * ROW + 100, ranked, places.into_iter());
        assert_eq!(exceptions(codec, &data), places.len() as u32);
    }
}

/// Tiles with none, few and nearly only exceptions beside each other.
#[test]
fn tiles_full_of_exceptions() {
    for (codec, ranked) in CODECS {
        let mut data = with_outliers(4096, ranked, [].into_iter());
        data.extend(Random::new(3).bytes(4096));
        data.extend(with_outliers(4096, ranked, (0..4096).step_by(100)));
        data.extend((0..4096).map(|at| (at % 256) as u8));
        assert!(exceptions(codec, &data) > 4096, "{codec:?}");
    }
}

/// Sixteen neighbouring residuals, or 64, lie below one base, one more do not; at either end of a
/// byte too.
#[test]
fn as_many_residuals_as_have_ranks_and_one_more() {
    for (codec, ranked) in CODECS {
        for first in [0, 1, 100, 255 - ranked, 256 - ranked] {
            let all: Vec<u8> = (0..4096).map(|at| (first + at % ranked) as u8).collect();
            assert_eq!(exceptions(codec, &all), 0, "{codec:?} from {first}");
            if first + ranked < 256 {
                let mut one_more = all.clone();
                one_more[1000] = (first + ranked) as u8;
                assert_eq!(exceptions(codec, &one_more), 1, "{codec:?} from {first}");
            }
        }
    }
}

/// Integers of either sign: from the highest byte to 0 it goes on for TansCrumb, for the pairs it
/// does not.
#[test]
fn residuals_on_both_sides_of_zero() {
    for (codec, ranked) in CODECS {
        let signed: Vec<u8> = (0..4096).map(|at| (250 + at % ranked) as u8).collect();
        assert_eq!(exceptions(codec, &signed) == 0, codec == PlaneCodec::TansCrumb, "{codec:?}");
        let mut beyond = signed;
        beyond[77] = 249;
        assert!(exceptions(codec, &beyond) > 0, "{codec:?}");
    }
}

/// Under every predictor and for every width of element.
#[test]
fn exceptions_before_prediction_is_undone() {
    use wcodec::Dtype;
    let data = with_outliers(2 * 4096 + 300, 16, (0..8000).step_by(37));
    for dtype in [Dtype::U8, Dtype::F8_E4M3, Dtype::F16, Dtype::BF16, Dtype::F32] {
        let shape = vec![data.len() as u64 * 8 / dtype.bitsize() as u64];
        let tensor = Tensor { dtype, shape, data: data.clone() };
        for (codec, _) in CODECS {
            for predictor in Predictor::ALL {
                let encoder = Options::forced(codec, predictor).encoder();
                let summary = check_blob(&encoder.encode(&tensor.view()).unwrap(), &tensor.data);
                assert!(summary.exceptions > 0, "{dtype} {codec:?} {predictor:?}");
            }
        }
    }
}
