//! The program for rANS (FORMAT.md section 6.4): one warp, one tile.

use super::tile::Encoding;
use super::warp::{EncodeLanes, RansEncodeWarp};
use crate::warp::Lanes;

/// Encodes the tile that `warp` is pointed at with rANS: `rows` rows of `steps` symbols a lane. It
/// has at most [`super::most_words`].
#[cfg_attr(not(unoptimized), inline(always))]
pub fn encode_rans_tile<W: RansEncodeWarp>(warp: &mut W, rows: usize, steps: usize) {
    match steps {
        2 => encode_rows::<W, 2, 1>(warp, rows),
        4 => encode_rows::<W, 4, 1>(warp, rows),
        8 => encode_rows::<W, 8, 2>(warp, rows),
        _ => encode_rows::<W, 16, 4>(warp, rows),
    }
}

/// Encodes rows of `K` symbols a lane, which are `N` words of four, or half a word.
#[cfg_attr(not(unoptimized), inline(always))]
fn encode_rows<W: RansEncodeWarp, const K: usize, const N: usize>(warp: &mut W, rows: usize) {
    // A tile has 256 rows at most.
    let Some(last) = (rows as u32).checked_sub(1) else {
        return;
    };
    // The last symbol needs no bits: any state of it will do.
    let mut words = warp.load_symbols::<K, N>(last, true);
    let state = warp.lowest_states(words[N - 1].shr(8 * ((K as u32 - 1) % 4)));
    let mut encoding = Encoding::new(state);
    encoding.encode_rans_row(warp, words, K - 1);
    for row in (0..last).rev() {
        words = warp.load_symbols::<K, N>(row, false);
        encoding.encode_rans_row(warp, words, K);
    }
    encoding.finish_rans(warp);
}

impl<L: EncodeLanes> Encoding<L> {
    /// Encodes the first `steps` symbols of a row, the last of them first.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn encode_rans_row<W: RansEncodeWarp<Lanes = L>, const N: usize>(
        &mut self,
        warp: &mut W,
        words: [L; N],
        steps: usize,
    ) {
        for step in (0..steps).rev() {
            let symbols = words[step / 4].shr(8 * (step as u32 % 4));
            let (bits, before) = warp.step_back(self.state, symbols);
            self.put_bits(self.state, bits);
            self.state = before;
            // The decoder moves words before every step with an even number.
            if step % 2 == 0 {
                self.fill::<W, false>(warp);
            }
        }
    }

    /// Prepends the lower half of the state where a word is half full, and emits the words that each
    /// lane starts with, of which the first is what is left of the state.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn finish_rans<W: RansEncodeWarp<Lanes = L>>(mut self, warp: &mut W) {
        let half = self.count.and(L::splat(16));
        self.put_bits(self.state, half);
        let first = self.state.shr_each(half);
        // All lanes take a word before the first step.
        self.count = self.count.add(L::splat(1));
        let word = self.high;
        self.fill_with::<W, false>(warp, word);
        self.put_first_words(warp, first);
    }
}
