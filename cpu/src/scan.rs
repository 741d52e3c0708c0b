//! Scans lanes in order, for warps that cannot do so in their registers.

use wcodec_codec::format::LANES;

/// As [`wcodec_codec::warp::Lanes::scan`], by way of memory.
#[cfg_attr(not(unoptimized), inline(always))]
pub fn scan<L, const N: usize>(
    a: [L; N],
    b: [L; N],
    step: impl Fn(u32, [u32; N], [u32; N]) -> (u32, [u32; N]),
) -> [L; N]
where
    L: Into<[u32; LANES]> + From<[u32; LANES]>,
{
    let mut a: [[u32; LANES]; N] = a.map(Into::into);
    let b: [[u32; LANES]; N] = b.map(Into::into);
    let mut handed_on = 0;
    for lane in 0..LANES {
        let words;
        (handed_on, words) = step(handed_on, a.map(|word| word[lane]), b.map(|word| word[lane]));
        for (register, word) in a.iter_mut().zip(words) {
            register[lane] = word;
        }
    }
    a.map(L::from)
}
