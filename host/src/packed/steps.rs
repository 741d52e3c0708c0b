//! The words of a step, as a lane holds them.

use wcodec_codec::packed::fragment::{self, REGISTERS, WORDS};
use wcodec_codec::packed::{FRAGMENTS, Form, LANES};

/// Calls `visit` with the lane, the fragment and the codes of its registers, for all of a step.
pub fn for_each_fragment(
    form: Form,
    step: &[u8],
    mut visit: impl FnMut(u32, u32, [u32; REGISTERS]),
) {
    for lane in 0..LANES {
        for number in 0..FRAGMENTS {
            let at = |index: u32| word(step, fragment::word_offset(index, lane, number) as usize);
            let codes = match form {
                Form::Whole => [at(0), at(1), at(2), at(3)],
                _ => fragment::split([at(0), at(1), at(2)]),
            };
            visit(lane, number, codes);
        }
    }
}

/// Writes the codes of a fragment's registers to a step.
pub fn put_fragment(form: Form, step: &mut [u8], lane: u32, number: u32, codes: [u32; REGISTERS]) {
    let mut put = |index: usize, word: u32| {
        let at = fragment::word_offset(index as u32, lane, number) as usize;
        step[at..at + 4].copy_from_slice(&word.to_le_bytes());
    };
    match form {
        Form::Whole => (0..REGISTERS).for_each(|index| put(index, codes[index])),
        _ => {
            let words = fragment::join(codes);
            (0..WORDS).for_each(|index| put(index, words[index]));
        }
    }
}

/// The little-endian word at an offset.
pub(super) fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(std::array::from_fn(|byte| bytes[at + byte]))
}
