//! Residuals of a tile's coded bytes (FORMAT.md section 4).

use wcodec_codec::format::{Predictor, RESIDUAL_BIAS};

/// Writes the residuals of `coded`, rows of `columns` bytes.
pub fn residuals(predictor: Predictor, coded: &[u8], columns: usize, out: &mut Vec<u8>) {
    out.clear();
    if predictor == Predictor::None {
        out.extend_from_slice(coded);
        return;
    }
    out.resize(coded.len(), 0);
    let zeros = vec![0; columns];
    let above = std::iter::once(&zeros[..]).chain(coded.chunks_exact(columns));
    for ((row, above), out) in
        coded.chunks_exact(columns).zip(above).zip(out.chunks_exact_mut(columns))
    {
        match predictor {
            Predictor::None => unreachable!("returned above"),
            Predictor::Left => each(row, above, out, |left, _, _| left),
            Predictor::Top => each(row, above, out, |_, top, _| top),
            Predictor::Average => {
                each(row, above, out, |left, top, _| ((u16::from(left) + u16::from(top)) / 2) as u8)
            }
            Predictor::Planar => each(row, above, out, |left, top, top_left| {
                left.wrapping_add(top).wrapping_sub(top_left)
            }),
            _ => unreachable!("the codec is of this version"),
        }
    }
}

/// The residuals of a row, `predict` being given LEFT, TOP and TOPLEFT.
fn each(row: &[u8], above: &[u8], out: &mut [u8], predict: impl Fn(u8, u8, u8) -> u8) {
    let residual =
        |coded: u8, prediction: u8| coded.wrapping_sub(prediction).wrapping_add(RESIDUAL_BIAS);
    out[0] = residual(row[0], predict(0, above[0], 0));
    for (out, (row, above)) in out[1..].iter_mut().zip(row.windows(2).zip(above.windows(2))) {
        *out = residual(row[1], predict(row[0], above[1], above[0]));
    }
}
