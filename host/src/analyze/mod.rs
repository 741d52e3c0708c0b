//! Statistics of a tensor beyond those that the encoder needs: for research, not for coding.

mod against;
mod limit;
mod matrix;

pub use against::{AgainstBase, difference_limit, measure_against};
pub use limit::entropy_limit;

use crate::encode::choose::{bits_with_tables, view};
use crate::encode::histogram::{Counts, Histogram, entropy_bits};
use crate::encode::predict::residuals;
use crate::encode::tensor::TiledTensor;
use crate::{Result, TensorView, threads};
use matrix::Matrix;
use rayon::prelude::*;
use wcodec_codec::format::{MAX_TILE_ROWS, Predictor, Split};

/// Numbers of tables that tiles or rows are divided among, in the order of
/// [`Analysis::tile_classes`].
pub const CLASSES: [usize; 5] = [1, 2, 4, 8, 16];

/// The size of a tensor under several models. All sizes are in bits, for the whole tensor; sizes of
/// coded bytes leave the raw bytes out.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Analysis {
    /// The split of elements into a coded byte and raw bytes.
    pub split: Split,
    /// Elements of the split.
    pub elements: u64,
    /// Raw bytes as they are stored: all of the planes that vary.
    pub raw_bits: f64,
    /// The order-0 entropy of the raw bytes, plane by plane.
    pub raw_entropy_bits: f64,
    /// The order-0 entropy of the residuals under each predictor, in the order of
    /// [`Predictor::ALL`], one table for the tensor.
    pub predicted_bits: [f64; 5],
    /// The same where each tile has the predictor that makes its own entropy the least.
    pub best_predictor_bits: f64,
    /// The entropy of the coded bytes given the one to the left, or the one above, corrected for
    /// the number of counts that it is estimated from (Miller and Madow).
    pub context_bits: [f64; 2],
    /// Coding with [`CLASSES`] tables, each tile's choice and the tables included.
    pub tile_classes: [f64; 5],
    /// The same with a choice for each row of the matrix, not each tile.
    pub row_classes: [f64; 5],
}

impl Analysis {
    /// Bits of the order-0 limit, as of [`entropy_limit`].
    pub fn limit_bits(&self) -> f64 {
        self.raw_entropy_bits + self.predicted_bits[Predictor::None as usize]
    }
}

/// Analyses a tensor under the best split of its dtype.
///
/// ```
/// use wcodec::programs::analyze::analyze;
/// use wcodec::encode::Predictor;
/// use wcodec::{Dtype, TensorView};
///
/// // A ramp: as bytes all are equally frequent, but each is its left neighbour and one.
/// let ramp: Vec<u8> = (0..1 << 16).map(|n| n as u8).collect();
/// let analysis = analyze(&TensorView::new(Dtype::U8, &[128, 512], &ramp)?)?;
/// assert_eq!(analysis.limit_bits(), 8.0 * 65536.0);
/// assert!(analysis.predicted_bits[Predictor::Left as usize] < 0.1 * 65536.0);
/// # Ok::<(), wcodec::Error>(())
/// ```
///
/// # Errors
/// [`crate::Error::InvalidArgument`] where the tensor has too many tiles;
/// [`crate::Error::Threads`].
pub fn analyze(tensor: &TensorView<'_>) -> Result<Analysis> {
    threads::check()?;
    let mut best: Option<Analysis> = None;
    for &split in view::splits(tensor.dtype()) {
        let grid = view::grid(tensor, MAX_TILE_ROWS)?;
        let source = TiledTensor { data: tensor.data(), split, grid };
        let analysis = of_source(&source, &Matrix::new(tensor, split));
        if best.as_ref().is_none_or(|best| analysis.limit_bits() < best.limit_bits()) {
            best = Some(analysis);
        }
    }
    Ok(best.expect("every dtype has a split"))
}

fn of_source(source: &TiledTensor<'_>, matrix: &Matrix<'_>) -> Analysis {
    let tiles: Vec<[Histogram; 5]> = (0..source.grid.tile_count())
        .into_par_iter()
        .map_init(Default::default, |buffers, tile| predictors(source, tile, buffers))
        .collect();
    let predicted =
        |predictor: usize| entropy_bits(Counts::sum(tiles.iter().map(|tile| &tile[predictor])).0);
    let least = |tile: &'_ [Histogram; 5]| {
        let bits = tile.iter().map(Histogram::entropy_bits).enumerate();
        bits.min_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(predictor, _)| predictor)
    };
    let best = Counts::sum(tiles.iter().map(|tile| &tile[least(tile)]));
    let unpredicted: Vec<Histogram> = tiles.iter().map(|tile| tile[0].clone()).collect();
    let rows = matrix.row_histograms();
    Analysis {
        split: source.split,
        elements: (source.data.len() / source.split.element_bytes()) as u64,
        raw_bits: raw_bits(source),
        raw_entropy_bits: limit::raw_entropy_bits(source),
        predicted_bits: std::array::from_fn(predicted),
        best_predictor_bits: entropy_bits(best.0),
        context_bits: matrix.context_bits(),
        tile_classes: CLASSES.map(|tables| bits_with_tables(&unpredicted, tables)),
        row_classes: CLASSES.map(|tables| bits_with_tables(&rows, tables)),
    }
}

/// Counts of a tile's residuals under all predictors.
fn predictors(
    source: &TiledTensor<'_>,
    tile: u32,
    (coded, bytes): &mut (Vec<u8>, Vec<u8>),
) -> [Histogram; 5] {
    let rect = source.grid.tile(tile);
    source.read_coded(&rect, coded);
    Predictor::ALL.map(|predictor| {
        residuals(predictor, coded, source.columns(), bytes);
        Histogram::of(&bytes[..source.used(&rect)])
    })
}

/// Bits of the raw planes that vary.
fn raw_bits(source: &TiledTensor<'_>) -> f64 {
    let elements = source.data.len() / source.split.element_bytes();
    let planes = 0..source.split.raw_planes();
    let varying = planes.filter(|&plane| source.constant_raw(plane).is_none());
    (elements * varying.count() * 8) as f64
}
