//! The choice of a matrix's form and scale, from the exponents of its weights.

use super::{Form, Scale, Shape};

/// For each exponent field the number of a matrix's nonzero weights that have it.
pub type Histogram = [u64; 256];

/// The decisions made before a matrix is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Survey {
    /// The form: the one asked for, or whole where that would not make the matrix smaller.
    pub form: Form,
    /// The scale of the codes.
    pub scale: Scale,
    /// The most exceptions that it can have.
    pub exceptions: u32,
}

/// Exceptions that a matrix may have: one in so many weights. Each takes 64 bits, so that with more
/// of them the fast form would save less than three of 16 bits.
const WEIGHTS_AN_EXCEPTION: u64 = 64;

/// Exponent fields that the codes of a scale have, but for subnormal ones.
const FIELDS: usize = 15;

impl Survey {
    /// Decides form and scale of a matrix with this histogram; `wished` is the form asked for.
    pub fn new(shape: Shape, wished: Form, histogram: &Histogram) -> Self {
        let (scale, exceptions) = best_scale(histogram);
        let most = (shape.weights() / WEIGHTS_AN_EXCEPTION).min(u32::MAX as u64);
        let whole = Self { form: Form::Whole, scale: Scale::default(), exceptions: 0 };
        match wished {
            Form::Whole => whole,
            _ if exceptions > most => whole,
            _ => Self { form: wished, scale, exceptions: exceptions as u32 },
        }
    }
}

/// The scale that leaves out the fewest weights, the smallest of those, and how many it leaves out
/// at most: weights below its codes' exponents can have a subnormal code, and are counted all the
/// same.
fn best_scale(histogram: &Histogram) -> (Scale, u64) {
    let total: u64 = histogram.iter().sum();
    let mut best = (Scale::default(), u64::MAX);
    for exponent in 0..=Scale::MAX {
        let first = usize::from(exponent) + 1;
        // Subnormal weights are among the codes where the scale is 1.
        let subnormal = if exponent == 0 { histogram[0] } else { 0 };
        let held: u64 = histogram[first..first + FIELDS].iter().sum::<u64>() + subnormal;
        if let Some(scale) = Scale::new(exponent)
            && total - held < best.1
        {
            best = (scale, total - held);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(counts: &[(usize, u64)]) -> Histogram {
        let mut histogram = [0; 256];
        counts.iter().for_each(|&(field, count)| histogram[field] = count);
        histogram
    }

    #[test]
    fn the_scale_leaves_out_the_fewest() {
        let (scale, exceptions) = best_scale(&histogram(&[(100, 5), (115, 100), (116, 3)]));
        assert_eq!((scale.exponent(), exceptions), (101, 5));
        let (scale, exceptions) = best_scale(&histogram(&[(0, 9), (15, 9)]));
        assert_eq!((scale.exponent(), exceptions), (0, 0));
        let (scale, exceptions) = best_scale(&histogram(&[(127 + 15, 1), (127 + 16, 1)]));
        assert_eq!((scale.exponent(), exceptions), (127, 1));
        assert_eq!(best_scale(&[0; 256]).1, 0);
    }

    #[test]
    fn what_does_not_gain_is_held_whole() {
        let shape = Shape::new(64, 64).unwrap();
        let survey = |counts| Survey::new(shape, Form::Fast, &histogram(counts));
        assert_eq!(survey(&[(120, 4096)]).form, Form::Fast);
        assert_eq!(survey(&[(120, 4096 - 64), (1, 64)]).form, Form::Fast);
        assert_eq!(survey(&[(120, 4096 - 65), (1, 65)]).form, Form::Whole);
        assert_eq!(survey(&[(200, 4096)]).form, Form::Whole);
        assert_eq!(Survey::new(shape, Form::Whole, &[0; 256]).form, Form::Whole);
    }
}
