//! The places of weights in the registers of a warp, and the joining of their twelve bits to words.
//!
//! A step is 16 rows by 64 columns. Lane `4 g + t` holds the rows `g` and `g + 8` of the columns
//! `16 t` to `16 t + 15`: 32 weights, eight for each of the four instructions
//! `mma.m16n8k16` of a step. The instruction has a place for column `2 t`, but does not know which
//! column of the matrix stands there: any will do as long as the other operand has the same one
//! in its place. With this choice a lane needs 16 neighbouring elements of the vector.
//!
//! An instruction takes four registers of two weights each (the first in the lower half):
//!
//! | register | row | columns of fragment `f`, from `16 t` on |
//! |---|---|---|
//! | 0 | `g` | `4 f`, `4 f + 1` |
//! | 1 | `g + 8` | `4 f`, `4 f + 1` |
//! | 2 | `g` | `4 f + 2`, `4 f + 3` |
//! | 3 | `g + 8` | `4 f + 2`, `4 f + 3` |

use super::{FRAGMENTS, LANES, Scale};

/// Registers of a lane that an instruction takes.
pub const REGISTERS: usize = 4;
/// Words that hold the codes of those registers in the fast form.
pub const WORDS: usize = 3;

/// The bits of two codes in a register, or in a word.
const CODES: u32 = 0x87FF_87FF;

/// Row and column, in its step, of a weight: the lane that has it, the fragment, the register and
/// the half of that.
pub const fn place(lane: u32, fragment: u32, register: u32, half: u32) -> (u32, u32) {
    let (group, thread) = (lane / 4, lane % 4);
    (group + 8 * (register % 2), 16 * thread + 4 * fragment + 2 * (register / 2) + half)
}

/// Lane, fragment, register and half of the weight in a row and a column of a step.
pub const fn position(row: u32, column: u32) -> (u32, u32, u32, u32) {
    let (thread, within) = (column / 16, column % 16);
    let register = row / 8 + 2 * (within / 2 % 2);
    (4 * (row % 8) + thread, within / 4, register, within % 2)
}

/// Offset in bytes of a lane's word in a step: the words with one number lie together, 16 bytes
/// a lane, so that a lane loads all four fragments' at a time.
#[inline(always)]
pub const fn word_offset(word: u32, lane: u32, fragment: u32) -> u32 {
    (word * LANES + lane) * 4 * FRAGMENTS + 4 * fragment
}

/// Joins the codes of four registers to three words.
///
/// The first three registers lie where they will be wanted, and leave four bits of each half
/// free: the fourth's exponents fill those of the first word, the upper four bits of its
/// mantissas those of the second, and its signs with the rest those of the third.
#[inline(always)]
pub const fn join([first, second, third, fourth]: [u32; REGISTERS]) -> [u32; WORDS] {
    [
        first | (fourth & 0x0780_0780) << 4,
        second | (fourth & 0x0078_0078) << 8,
        third | (fourth & 0x8007_8007).rotate_left(12),
    ]
}

/// The codes of four registers, two in each, that were joined.
#[inline(always)]
pub const fn split([first, second, third]: [u32; WORDS]) -> [u32; REGISTERS] {
    let fourth =
        first >> 4 & 0x0780_0780 | second >> 8 & 0x0078_0078 | third.rotate_right(12) & 0x8007_8007;
    [first & CODES, second & CODES, third & CODES, fourth]
}

/// The weights of a register's two codes.
pub const fn decode(codes: u32, scale: Scale) -> u32 {
    (scale.decode(codes as u16) as u32) | (scale.decode((codes >> 16) as u16) as u32) << 16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_weight_of_a_step_has_one_place() {
        let mut seen = [[false; 64]; 16];
        for lane in 0..LANES {
            for (fragment, register, half) in
                (0..16).flat_map(|at| [0, 1].map(|half| (at / 4, at % 4, half)))
            {
                let (row, column) = place(lane, fragment, register, half);
                assert_eq!(position(row, column), (lane, fragment, register, half));
                let before = core::mem::replace(&mut seen[row as usize][column as usize], true);
                assert!(!before);
            }
        }
        assert!(seen.iter().flatten().all(|seen| *seen));
    }

    #[test]
    fn every_bit_of_every_code_survives_being_joined_alone() {
        let mut used = [0u32; WORDS];
        for register in 0..REGISTERS {
            for bit in (0..32).filter(|bit| CODES >> bit & 1 == 1) {
                let mut codes = [0; REGISTERS];
                codes[register] = 1 << bit;
                let words = join(codes);
                assert_eq!(words.map(u32::count_ones).iter().sum::<u32>(), 1);
                for word in 0..WORDS {
                    assert_eq!(used[word] & words[word], 0, "two codes share a bit");
                    used[word] |= words[word];
                }
                assert_eq!(split(words), codes);
            }
        }
        assert_eq!(used, [u32::MAX; WORDS]);
    }

    #[test]
    fn words_of_a_step_fill_it() {
        let mut offsets: [bool; 384] = [false; 384];
        for word in 0..WORDS as u32 {
            for lane in 0..LANES {
                for fragment in 0..FRAGMENTS {
                    offsets[word_offset(word, lane, fragment) as usize / 4] = true;
                }
            }
        }
        assert!(offsets.iter().all(|seen| *seen));
    }
}
