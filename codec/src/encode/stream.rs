//! The stream of a tile's words, written backwards.

use super::warp::EncodeWarp;

/// A tile's words, written from the last to the first.
///
/// The decoder loads words ahead of need, so it never reads the last ones that it loads for each
/// lane. Of those the stream keeps only the ones that stand before some lane's last needed word.
pub struct Backwards {
    /// Lanes that have filled at least one, two and three words. Encoding runs backwards, so the
    /// first three words emitted for a lane are lookahead that the decoder loads but never reads.
    filled: [u32; 3],
}

impl Backwards {
    pub const fn new() -> Self {
        Self { filled: [0; 3] }
    }

    /// Returns whether all words that are filled from here on are needed.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub const fn needs_all(&self) -> bool {
        self.filled[2] == u32::MAX
    }

    /// Stores the words that these lanes filled two words ago, as they fill another; where `ALL`, the
    /// stream needs all.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub fn put_filled<W: EncodeWarp, const ALL: bool>(
        &mut self,
        warp: &mut W,
        words: W::Lanes,
        lanes: u32,
    ) {
        if ALL || self.needs_all() {
            warp.store_before(words, lanes);
            return;
        }
        let [once, twice, thrice] = &mut self.filled;
        let needed = lanes & *thrice;
        *thrice |= lanes & *twice;
        *twice |= lanes & *once;
        *once |= lanes;
        put(warp, words, lanes, needed);
    }

    /// Stores the word that each lane filled `later` words before its last.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub fn put_last<W: EncodeWarp>(&self, warp: &mut W, words: W::Lanes, later: usize) {
        put(warp, words, u32::MAX, self.filled[later + 1]);
    }
}

/// Stores words of the lanes `lanes`; the decoder reads only the words of the lanes `needed`.
#[cfg_attr(not(unoptimized), inline(always))]
pub fn put<W: EncodeWarp>(warp: &mut W, words: W::Lanes, lanes: u32, needed: u32) {
    // Nothing is kept after the last word that is needed.
    let kept = if !warp.is_empty() {
        lanes
    } else if needed == 0 {
        0
    } else {
        lanes & u32::MAX >> needed.leading_zeros()
    };
    warp.store_before(words, kept);
}
