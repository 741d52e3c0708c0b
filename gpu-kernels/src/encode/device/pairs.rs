//! Symbols of pairs of coded bytes (FORMAT.md section 5).

use super::source::first_words;
use wcodec_codec::encode::CodecChoice;
use wcodec_codec::format::PlaneCodec;
use wcodec_codec::plane::{Plane, TansCrumb, TansNib, TansPair};

/// How the coded bytes of a lane's row become symbols of pairs.
#[derive(Clone, Copy)]
pub struct Pairs {
    /// The codec, one of pairs, and its base.
    pub choice: CodecChoice,
    /// The residual that stands for exceptions.
    pub filler: u32,
}

/// The pairs of a lane's row.
#[derive(Clone, Copy)]
pub struct PairWords {
    /// Four symbols in each word; two in the lower half of the first where there are no more.
    pub symbols: [u32; 2],
    /// The bytes of the stored plane, where the codec has one.
    pub stored: [u32; 2],
    /// Not 0 where there is an exception.
    pub exceptions: u32,
}

impl Pairs {
    /// The pairs of coded bytes.
    #[inline(always)]
    pub fn of<const N: usize>(&self, coded: [u32; N]) -> PairWords {
        let base = self.choice.base;
        match self.choice.codec {
            PlaneCodec::TansNib if N == 4 => pairs::<TansNib, N>(base, coded),
            PlaneCodec::TansCrumb if N == 4 => {
                let PairWords { symbols, stored: [first, last], exceptions } =
                    pairs::<TansCrumb, N>(base, coded);
                PairWords { symbols, stored: [first | last << 4, 0], exceptions }
            }
            _ => pairs::<TansPair, N>(base, coded),
        }
    }

    /// Returns whether a coded byte is an exception.
    #[inline(always)]
    fn is_exception(&self, byte: u32) -> bool {
        let most = self.choice.codec.ranks().map_or(0xFF, |ranks| ranks.most_below_base());
        self.choice.base.wrapping_sub(byte as u8) > most
    }

    /// Calls `take` with the place in the row and the value of each exception, in ascending order.
    #[inline(always)]
    pub fn for_exceptions<const N: usize>(&self, coded: [u32; N], mut take: impl FnMut(u32, u32)) {
        self.replace(coded, &mut take);
    }

    /// The coded bytes, the filler in place of exceptions, and the number of those.
    #[inline(always)]
    pub fn replace_exceptions<const N: usize>(&self, coded: [u32; N]) -> ([u32; N], u32) {
        let mut count = 0;
        let replaced = self.replace(coded, &mut |_, _| count += 1);
        (replaced, count)
    }

    /// The coded bytes, the filler in place of exceptions, each of which `take` is called with.
    #[inline(always)]
    fn replace<const N: usize>(
        &self,
        coded: [u32; N],
        take: &mut impl FnMut(u32, u32),
    ) -> [u32; N] {
        let [mut a, mut b, mut c, mut d] = four(coded);
        a = self.replace_in_word(a, 0, take);
        if N > 1 {
            b = self.replace_in_word(b, 4, take);
        }
        if N > 2 {
            c = self.replace_in_word(c, 8, take);
            d = self.replace_in_word(d, 12, take);
        }
        first_words([a, b, c, d])
    }

    /// Does so in a word, whose first byte has this place.
    #[inline(always)]
    fn replace_in_word(&self, word: u32, first: u32, take: &mut impl FnMut(u32, u32)) -> u32 {
        let (mut left, mut replaced) = (word, 0);
        for place in first..first + 4 {
            let byte = left & 0xFF;
            let is_exception = self.is_exception(byte);
            if is_exception {
                take(place, byte);
            }
            replaced = replaced >> 8 | (if is_exception { self.filler } else { byte }) << 24;
            left >>= 8;
        }
        replaced
    }
}

/// Words, and zeros after them.
#[inline(always)]
pub fn four<const N: usize>(words: [u32; N]) -> [u32; 4] {
    match N {
        1 => [words[0], 0, 0, 0],
        2 => [words[0], words[1 % N], 0, 0],
        _ => [words[0], words[1 % N], words[2 % N], words[3 % N]],
    }
}

/// The pairs of coded bytes under a codec; the stored bytes of four pairs in a word.
#[inline(always)]
fn pairs<P: Plane, const N: usize>(base: u8, coded: [u32; N]) -> PairWords {
    let [a, b, c, d] = four(coded);
    let mut exceptions = P::exceptions(base, a);
    let (first, second) = if N == 1 { (a & 0xFFFF, a >> 16) } else { (a, b) };
    let mut symbols = [P::pair_symbols(base, first, second), 0];
    let mut stored = [P::stored_pairs(base, first, second), 0];
    if N > 1 {
        exceptions |= P::exceptions(base, b);
    }
    if N > 2 {
        exceptions |= P::exceptions(base, c) | P::exceptions(base, d);
        symbols[1] = P::pair_symbols(base, c, d);
        stored[1] = P::stored_pairs(base, c, d);
    }
    PairWords { symbols, stored, exceptions }
}
