//! Between lanes and memory, where a lane's words lie together.

use super::lanes::PortableLanes;
use crate::tile_warp::CpuLanes;
use std::array::from_fn;
use wcodec_codec::format::{LANE_WORDS, LANES, ROW_BYTES};

impl CpuLanes for PortableLanes {
    #[inline(never)]
    fn gather<const LEN: usize>(entries: &[u32; LEN], numbers: Self) -> Self {
        // The remainder costs an and, and spares a compare.
        numbers.each(|number| entries[number as usize % LEN])
    }

    #[inline(never)]
    fn shift_in(
        before: Self,
        read: Self,
        [mut first, mut second, mut third]: [Self; LANE_WORDS],
        next: &[u8; 4 * LANES],
    ) -> ([Self; LANE_WORDS], usize) {
        let next = Self::load_1(next);
        let mut taken = 0;
        for lane in 0..LANES {
            let takes = (before.0[lane] ^ read.0[lane]) & 32 != 0;
            let word = next.0[taken % LANES];
            first.0[lane] = if takes { second.0[lane] } else { first.0[lane] };
            second.0[lane] = if takes { third.0[lane] } else { second.0[lane] };
            third.0[lane] = if takes { word } else { third.0[lane] };
            taken += usize::from(takes);
        }
        ([first, second, third], taken)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn all_are(self, value: u32) -> bool {
        self.0 == [value; LANES]
    }

    #[inline(never)]
    fn load_quarter(bytes: &[u8; LANES]) -> Self {
        Self(from_fn(|lane| bytes[lane].into()))
    }

    #[inline(never)]
    fn load_half(bytes: &[u8; 2 * LANES]) -> Self {
        let lanes = bytes.as_chunks::<2>().0;
        Self(from_fn(|lane| u16::from_le_bytes(lanes[lane]).into()))
    }

    #[inline(never)]
    fn load_1(bytes: &[u8; 4 * LANES]) -> Self {
        let [words] = load(bytes);
        words
    }

    #[inline(never)]
    fn load_2(bytes: &[u8; 8 * LANES]) -> [Self; 2] {
        load(bytes)
    }

    #[inline(never)]
    fn load_4(bytes: &[u8; 16 * LANES]) -> [Self; 4] {
        load(bytes)
    }

    #[inline(never)]
    fn store(words: [Self; 4], out: &mut [u8; ROW_BYTES]) {
        for (lane, out) in out.as_chunks_mut::<16>().0.iter_mut().enumerate() {
            for (out, word) in out.as_chunks_mut::<4>().0.iter_mut().zip(words) {
                *out = word.0[lane].to_le_bytes();
            }
        }
    }
}

/// `4·N` bytes a lane: lane-major in memory, register-major here.
#[cfg_attr(not(unoptimized), inline(always))]
fn load<const N: usize>(bytes: &[u8]) -> [PortableLanes; N] {
    let words = bytes.as_chunks::<4>().0;
    from_fn(|word| PortableLanes(from_fn(|lane| u32::from_le_bytes(words[N * lane + word]))))
}
