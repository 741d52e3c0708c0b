//! Matrices to pack.

use support::Random;

/// BF16 weights, row by row.
#[derive(Debug, Clone)]
pub struct Weights {
    pub rows: usize,
    pub columns: usize,
    pub bits: Vec<u16>,
}

/// The distribution of weights.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// As those of models.
    Gaussian,
    /// Zeros of both signs.
    Zeros,
    Constant,
    /// Small weights and one that is far larger.
    OneOutlier,
    /// A Gaussian's of which nine of ten are zero.
    Sparse,
    /// Some exponents below those of the others, some of them in short rows of bits.
    Spread,
    Subnormal,
    /// Any bits, NaN with payloads and infinities among them.
    AnyBits,
    /// A Gaussian's, and a few of any bits.
    SomeOfAnyBits,
}

impl Kind {
    pub const ALL: [Self; 9] = [
        Self::Gaussian,
        Self::Zeros,
        Self::Constant,
        Self::OneOutlier,
        Self::Sparse,
        Self::Spread,
        Self::Subnormal,
        Self::AnyBits,
        Self::SomeOfAnyBits,
    ];

    fn bits(self, random: &mut Random, at: usize) -> u16 {
        let gaussian = |random: &mut Random, sigma: f64| bf16(sigma * random.gaussian());
        match self {
            Self::Gaussian => gaussian(random, 0.02),
            Self::Zeros => (random.next_u64() as u16) & 0x8000,
            Self::Constant => 0xC123,
            Self::OneOutlier if at == 0 => bf16(1e30),
            Self::OneOutlier => gaussian(random, 1e-3),
            Self::Sparse if random.below(10) > 0 => 0,
            Self::Sparse => gaussian(random, 1.0),
            Self::Spread if random.below(100) == 0 => {
                let divisor = (1u64 << random.below(40)) as f64;
                gaussian(random, 0.02 / divisor)
            }
            Self::Spread => gaussian(random, 0.02),
            Self::Subnormal => (random.next_u64() as u16) & 0x80FF,
            Self::AnyBits => random.next_u64() as u16,
            Self::SomeOfAnyBits if random.below(200) == 0 => random.next_u64() as u16,
            Self::SomeOfAnyBits => gaussian(random, 3.0),
        }
    }
}

impl Weights {
    pub fn new(kind: Kind, rows: usize, columns: usize, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let bits = (0..rows * columns).map(|at| kind.bits(&mut random, at)).collect();
        Self { rows, columns, bits }
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.bits.iter().flat_map(|bits| bits.to_le_bytes()).collect()
    }
}

/// Matrices whose sample says little about them.
pub const MISLEADING: [&str; 3] = ["small in the sample", "large at the end", "often above"];

/// A matrix of more steps than are looked at to choose a scale.
pub fn misleading(name: &str) -> Weights {
    // 4112 steps, every third of which is looked at.
    let (rows, columns) = (16 * 257, 64 * 16);
    let mut weights = Weights::new(Kind::Gaussian, rows, columns, 21);
    let small = |bits: &mut u16| *bits = *bits & 0x807F | 0x1000;
    match name {
        "small in the sample" => {
            for (at, bits) in weights.bits.iter_mut().enumerate() {
                let step = at / columns / 16 * 16 + at % columns / 64;
                if step % 3 == 0 {
                    small(bits);
                }
            }
        }
        "large at the end" => weights.bits[rows * columns - 5000..].iter_mut().for_each(small),
        _ => weights.bits.iter_mut().step_by(100).for_each(small),
    }
    weights
}

/// The value of a BF16 number.
pub fn value(bits: u16) -> f64 {
    f32::from_bits(u32::from(bits) << 16).into()
}

/// A BF16 number near a value, cut off.
fn bf16(value: f64) -> u16 {
    ((value as f32).to_bits() >> 16) as u16
}

/// Checks each element: the error of a sum of K products in F32 is at most K roundings of the sum
/// of their magnitudes, and that of the result one rounding to BF16 more.
pub fn check(weights: &Weights, x: &Weights, y: &[u16]) {
    for row in 0..x.rows {
        for column in 0..weights.rows {
            let products = (0..x.columns).map(|k| {
                value(weights.bits[column * x.columns + k]) * value(x.bits[row * x.columns + k])
            });
            let (sum, size) = products.fold((0.0, 0.0), |(s, a), p| (s + p, a + f64::abs(p)));
            let actual = value(y[row * weights.rows + column]);
            if !sum.is_finite() {
                assert_eq!(actual.is_nan(), sum.is_nan(), "{row} {column}: {actual} for {sum}");
                assert!(sum.is_nan() || actual == sum);
                continue;
            }
            let rounding = 2f64.powi(-24) * (x.columns + 12) as f64 * size;
            let bound =
                rounding + (sum.abs() + rounding) * 2f64.powi(-8) + f64::from(f32::MIN_POSITIVE);
            assert!((actual - sum).abs() <= bound, "{row} {column}: {actual} for {sum}, {bound}");
        }
    }
}
