//! Integers of the header at their extremes, alone and in pairs.

use crate::agree;
use support::mutants::{Specimen, specimens};

/// Offset and size of the header's integers.
const INTEGERS: [(usize, usize); 6] = [(16, 8), (24, 8), (32, 8), (40, 4), (44, 4), (48, 8)];

fn set(bytes: &mut [u8], (offset, size): (usize, usize), value: u64) {
    bytes[offset..offset + size].copy_from_slice(&value.to_le_bytes()[..size]);
}

fn get(bytes: &[u8], (offset, size): (usize, usize)) -> u64 {
    let mut value = [0; 8];
    value[..size].copy_from_slice(&bytes[offset..offset + size]);
    u64::from_le_bytes(value)
}

/// Powers of two with their neighbours, and multiples of rows that come near to overflowing.
fn extremes() -> Vec<u64> {
    let mut values = vec![0, 1, 2, 16, 512, 513, 1024, u64::MAX, u64::MAX - 1, u64::MAX - 511];
    for power in [12, 16, 31, 32, 41, 47, 48, 49, 60, 62, 63] {
        let power = 1u64 << power;
        values.extend([power - 512, power - 16, power - 1, power, power + 1, power + 512]);
    }
    // The most tiles that a blob may have, of every height, and one more.
    for tile in (3..=8).map(|log2| 512u64 << log2) {
        values.extend([((1 << 32) - 2) * tile, ((1 << 32) - 2) * tile + 512]);
    }
    values
}

#[test]
fn one_integer() {
    for specimen in specimens() {
        for field in INTEGERS {
            let own = get(&specimen.bytes, field);
            let near = [-512, -16, -1, 0, 1, 16, 512].map(|off| own.wrapping_add_signed(off));
            for value in extremes().into_iter().chain(near) {
                let mut bytes = specimen.bytes.clone();
                set(&mut bytes, field, value);
                agree(&bytes, || format!("{}: {value} in {field:?}", specimen.name));
            }
        }
    }
}

#[test]
fn two_integers() {
    for specimen in specimens().iter().step_by(4) {
        for (number, &first) in INTEGERS.iter().enumerate() {
            for &second in &INTEGERS[number + 1..] {
                two_at_their_extremes(specimen, first, second);
            }
        }
    }
}

/// A sample of all pairs of values.
fn two_at_their_extremes(specimen: &Specimen, first: (usize, usize), second: (usize, usize)) {
    for a in extremes().into_iter().step_by(2) {
        for b in extremes().into_iter().skip(1).step_by(3) {
            let mut bytes = specimen.bytes.clone();
            set(&mut bytes, first, a);
            set(&mut bytes, second, b);
            agree(&bytes, || format!("{}: {a} in {first:?}, {b} in {second:?}", specimen.name));
        }
    }
}

/// All values of the header's bytes.
#[test]
fn one_byte() {
    for specimen in specimens() {
        for at in 0..16 {
            for value in 0..=255 {
                let mut bytes = specimen.bytes.clone();
                bytes[at] = value;
                agree(&bytes, || format!("{}: {value} in byte {at}", specimen.name));
            }
        }
    }
}
