//! Where words go.

use super::lanes::EncodeLanes;
use wcodec_codec::format::LANES;

/// A tile's words, written from the last to the first.
///
/// The decoder takes words ahead of need: the last ones that each lane takes, it does not read. Of those the stream keeps
/// none behind the last that is needed by any lane, and the others, which are zeros.
pub struct Backwards<'a> {
    /// [`LANES`] words more than there will be.
    words: &'a mut [u32],
    front: usize,
    /// Lanes that have filled a word, two and three. The first that a lane fills is behind its last and not needed, nor are
    /// the two that it takes beyond that.
    filled: [u32; 3],
}

impl<'a> Backwards<'a> {
    pub fn new(words: &'a mut [u32]) -> Self {
        let front = words.len();
        Self { words, front, filled: [0; 3] }
    }

    /// How many words there are.
    pub fn len(&self) -> usize {
        self.words.len() - self.front
    }

    /// Puts the words that these lanes filled two before in front, as they fill another.
    #[inline(always)]
    pub fn put_filled<L: EncodeLanes>(&mut self, words: L, lanes: u32) {
        let [once, twice, thrice] = &mut self.filled;
        let needed = lanes & *thrice;
        *thrice |= lanes & *twice;
        *twice |= lanes & *once;
        *once |= lanes;
        self.put(words, lanes, needed);
    }

    /// Puts the words in front that each lane filled last, but for `later` ones.
    pub fn put_last<L: EncodeLanes>(&mut self, words: L, later: usize) {
        self.put(words, u32::MAX, self.filled[later + 1]);
    }

    /// Puts words of these lanes in front, those `needed` being needed.
    #[inline(always)]
    pub fn put<L: EncodeLanes>(&mut self, words: L, lanes: u32, needed: u32) {
        let is_empty = self.front == self.words.len();
        // Nothing is kept behind the last that is needed.
        let kept = match needed.checked_ilog2() {
            _ if !is_empty => lanes,
            Some(last) => lanes & u32::MAX >> (31 - last),
            None => 0,
        };
        let place = self.words[..self.front].last_chunk_mut::<LANES>();
        self.front -= words.store_before(kept, place.expect("there is room for more words"));
    }
}
