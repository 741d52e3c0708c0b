//! The pairs of a warp's row.

use super::ptx;
use super::warp::GpuEncodeWarp;
use cuda_std::warp::{lane_id, warp_shuffle_idx, warp_shuffle_up, warp_vote_ballot};
use wcodec_codec::format::{LANES, PlaneCodec};

impl<const M: usize> GpuEncodeWarp<M> {
    /// The pairs of a row's coded bytes. Their stored bytes and exceptions are written.
    ///
    /// # Safety
    /// There is room for both. All lanes of the warp call it.
    #[inline(always)]
    pub unsafe fn pair_row(&mut self, row: u32, is_last: bool, coded: [u32; M]) -> [u32; 2] {
        let mut pairs = self.pairs.of(coded);
        // SAFETY: the caller's conditions.
        unsafe {
            if warp_vote_ballot(u32::MAX, pairs.exceptions != 0) != 0 {
                let replaced = self.take_exceptions(row, coded);
                pairs = self.pairs.of(replaced);
            }
            if M == 4 {
                let [first, last] = pairs.stored;
                match self.pairs.choice.codec {
                    PlaneCodec::TansNib => {
                        self.store_row::<2>(self.stored, row, is_last, [first, last, 0, 0]);
                    }
                    PlaneCodec::TansCrumb => {
                        self.store_row::<1>(self.stored, row, is_last, [first, 0, 0, 0]);
                    }
                    _ => {}
                }
            }
        }
        pairs.symbols
    }

    /// Stores a row's exceptions before those that were stored earlier, and returns the coded bytes
    /// with the filler in their place.
    ///
    /// # Safety
    /// As [`GpuEncodeWarp::pair_row`].
    #[inline(always)]
    unsafe fn take_exceptions(&mut self, row: u32, coded: [u32; M]) -> [u32; M] {
        let (replaced, own) = self.pairs.replace_exceptions(coded);
        let mut sum = own;
        for distance in [1, 2, 4, 8, 16] {
            // SAFETY: all lanes come here.
            let (below, is_inside) = unsafe { warp_shuffle_up(u32::MAX, sum, distance, 32) };
            sum += if is_inside { below } else { 0 };
        }
        // SAFETY: as above.
        let (all, _) = unsafe { warp_shuffle_idx(u32::MAX, sum, 31, 32) };
        // Those that have no room are left out, and the tensor is coded in vain.
        let room = self.most_exceptions.saturating_sub(self.exceptions);
        let stored = if all <= room { all } else { 0 };
        let first = ptx::words_before(self.ends.exceptions, self.exceptions + stored);
        let mut number = sum - own;
        let before = (row * LANES as u32 + lane_id()) * 4 * M as u32;
        self.pairs.for_exceptions(coded, |place, residual| {
            if number < stored {
                let exception = before + place | residual << 24;
                // SAFETY: there is room for so many.
                unsafe { ptx::store_global(first + 4 * u64::from(number), exception) };
            }
            number += 1;
        });
        self.exceptions += all;
        replaced
    }
}
