//! The cost of undoing prediction. No predictor helps with the data, so each is forced.

use super::bench::{Bench, Cache, Case, Encoded, SAMPLE};
use super::report::{Part, Row, Target};
use super::set;
use anyhow::Result;
use wcodec::Encoder;
use wcodec::encode::Predictor;

/// The part of the speed without prediction to be reached.
const SHARE: f64 = 0.6;
/// The goal for the predictor that goes along a row element by element, in GB/s.
const AVERAGE: f64 = 100.0;

const PREDICTED: [Predictor; 4] =
    [Predictor::Left, Predictor::Top, Predictor::Planar, Predictor::Average];

/// Measures no prediction, then each predictor with the same codec.
pub fn run(bench: &Bench, emit: &mut dyn FnMut(Row)) -> Result<()> {
    let set = set("int8 s=28");
    let data = set.generate(SAMPLE, 1);
    let encode = |encoder: &Encoder| Encoded::of_rows(encoder, set.dtype, data.clone());
    let measure = |predictor: Predictor, tensor: &Encoded, target| {
        bench.measure(Case {
            part: Part::Predictors,
            name: format!("{} {predictor:?}", set.name),
            tensors: bench.copies(tensor),
            cache: Cache::Hot,
            target,
        })
    };
    let unpredicted = encode(&Encoder::new().predictor(Predictor::None))?;
    let none = measure(Predictor::None, &unpredicted, Target::default())?;
    let best = none.rate.max;
    emit(none);
    let encoder = Encoder::new().codec(unpredicted.blob()?.summary().codec);
    for predictor in PREDICTED {
        let tensor = encode(&encoder.clone().predictor(predictor))?;
        let rate = if predictor == Predictor::Average { AVERAGE } else { SHARE * best };
        emit(measure(predictor, &tensor, Target::rate(rate))?);
    }
    Ok(())
}
