//! The forms as a warp reads them.

use super::encoder::Encoder;
use super::ptx;
use wcodec_codec::packed::fragment::{self, REGISTERS};
use wcodec_codec::packed::{FRAGMENTS, Form, LANES};

/// Fragments of a step.
const FRAGMENTS_: usize = FRAGMENTS as usize;

/// A lane's words of a step: those of all fragments with one number lie together.
pub type Words<const N: usize> = [[u32; FRAGMENTS_]; N];

/// A form whose steps are `N` times 16 bytes a lane.
pub trait DeviceForm<const N: usize>: Copy {
    /// Which one it is.
    const FORM: Form;

    /// For a matrix with this multiplier, 2^scale as BF16 twice.
    fn new(multiplier: u32) -> Self;

    /// The codes, or weights, of the registers of a fragment.
    fn codes(words: [u32; N]) -> [u32; REGISTERS];

    /// The words for the codes of a fragment's registers.
    fn join(codes: [u32; REGISTERS]) -> [u32; N];

    /// The weights of two codes.
    fn weights(self, codes: u32) -> u32;

    /// The codes of two weights, and what is not zero in the half of one that has none. The code
    /// there is any number.
    fn encode(encoder: Encoder, weights: u32) -> (u32, u32);
}

/// Weights as they are.
#[derive(Clone, Copy)]
pub struct Whole;

impl DeviceForm<4> for Whole {
    const FORM: Form = Form::Whole;

    #[inline(always)]
    fn new(_multiplier: u32) -> Self {
        Self
    }

    #[inline(always)]
    fn codes(words: [u32; 4]) -> [u32; REGISTERS] {
        words
    }

    #[inline(always)]
    fn join(codes: [u32; REGISTERS]) -> [u32; 4] {
        codes
    }

    #[inline(always)]
    fn weights(self, codes: u32) -> u32 {
        codes
    }

    #[inline(always)]
    fn encode(_encoder: Encoder, weights: u32) -> (u32, u32) {
        (weights, 0)
    }
}

/// Twelve bits a weight.
#[derive(Clone, Copy)]
pub struct Fast {
    multiplier: u32,
}

impl DeviceForm<3> for Fast {
    const FORM: Form = Form::Fast;

    #[inline(always)]
    fn new(multiplier: u32) -> Self {
        Self { multiplier }
    }

    #[inline(always)]
    fn codes(words: [u32; 3]) -> [u32; REGISTERS] {
        fragment::split(words)
    }

    #[inline(always)]
    fn join(codes: [u32; REGISTERS]) -> [u32; 3] {
        fragment::join(codes)
    }

    #[cfg(target_feature = "sm_80")]
    #[inline(always)]
    fn weights(self, codes: u32) -> u32 {
        ptx::multiply_bf16(codes, self.multiplier)
    }

    /// Without the instruction (before sm_80): the product as an F32 number ends in zeros.
    #[cfg(not(target_feature = "sm_80"))]
    #[inline(always)]
    fn weights(self, codes: u32) -> u32 {
        let multiplier = f32::from_bits(self.multiplier & 0xFFFF_0000);
        let low = (f32::from_bits(codes << 16) * multiplier).to_bits() >> 16;
        let high = (f32::from_bits(codes & 0xFFFF_0000) * multiplier).to_bits() & 0xFFFF_0000;
        low | high
    }

    #[inline(always)]
    fn encode(encoder: Encoder, weights: u32) -> (u32, u32) {
        encoder.encode(weights)
    }
}

/// Reads a lane's words of the step at an address.
///
/// # Safety
/// There is a step of the form at the address.
#[inline(always)]
pub unsafe fn load_step<const N: usize>(step: u64, lane: u32) -> Words<N> {
    let mut words = [[0; FRAGMENTS_]; N];
    for word in 0..N {
        let offset = fragment::word_offset(word as u32, lane, 0);
        // SAFETY: the lane's words lie inside the step, on a multiple of 16 bytes.
        words[word] = unsafe { ptx::load_streamed(step + u64::from(offset)) };
    }
    words
}

/// Writes a lane's words of the step at an address.
///
/// # Safety
/// There is room for a step of the form at the address.
#[inline(always)]
pub unsafe fn store_step<const N: usize>(step: u64, lane: u32, words: Words<N>) {
    for word in 0..N {
        let offset = fragment::word_offset(word as u32, lane, 0);
        // SAFETY: the lane's words lie inside the step, on a multiple of 16 bytes.
        unsafe { ptx::store_global(step + u64::from(offset), words[word]) };
    }
}

/// The words of one fragment.
#[inline(always)]
pub fn fragment_words<const N: usize>(words: &Words<N>, fragment: usize) -> [u32; N] {
    let mut of_fragment = [0; N];
    for word in 0..N {
        of_fragment[word] = words[word][fragment];
    }
    of_fragment
}

/// The calling lane's group and number in it: its rows, and its columns.
#[inline(always)]
pub fn group_and_thread(lane: u32) -> (u32, u32) {
    (lane % LANES / 4, lane % 4)
}
