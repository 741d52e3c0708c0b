//! The mutations of a fuzzer that knows nothing of the program.

use support::Random;

/// One to six changes of `input`; parts of `other` may be put in.
pub fn mutant(input: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..1 + random.below(6) {
        change(&mut bytes, other, random);
    }
    bytes
}

fn change(bytes: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    let at = random.below(bytes.len() as u64 + 1) as usize;
    let end = (at + 1 + random.below(16) as usize).min(bytes.len());
    match random.below(8) {
        0 => bytes.truncate(at),
        1 => drop(bytes.drain(at..end)),
        2 => {
            let again = bytes[at..end].to_vec();
            bytes.splice(at..at, again);
        }
        3 => {
            let from = random.below(other.len() as u64 + 1) as usize;
            let to = (from + random.below(64) as usize).min(other.len());
            bytes.splice(at..end, other[from..to].iter().copied());
        }
        4 => {
            let value = random.pick(&[0, 1, 1 << 31, 1 << 32, 1 << 63, u64::MAX]);
            let range = at..end.min(at + 8);
            let len = range.len();
            bytes[range].copy_from_slice(&value.to_le_bytes()[..len]);
        }
        5 => bytes[at..end].iter_mut().for_each(|byte| *byte = random.byte()),
        _ => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
    }
}
