//! Frequencies of symbols from their counts, in whole numbers: the same whether one symbol is taken
//! after another, or all at once as on a GPU.

/// States of a table that are still to be shared, by the symbols that have so many counts together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shares {
    /// States.
    pub states: u64,
    /// The sum of the symbols' counts, below 2^52.
    pub total: u64,
}

impl Shares {
    /// Returns whether a symbol's part is less than one state. It then has one, and the others
    /// share what is left.
    #[inline(always)]
    pub const fn is_rare(self, count: u64) -> bool {
        count * self.states < self.total
    }

    /// The whole states of a symbol that is not rare, at least one.
    #[inline(always)]
    pub const fn whole(self, count: u64) -> u32 {
        (count * self.states / self.total) as u32
    }

    /// The rest of its part: those that have the most get one state more, of equal ones the lowest
    /// symbol first, until none is left.
    #[inline(always)]
    pub const fn rest(self, count: u64) -> u64 {
        count * self.states % self.total
    }
}

/// Frequencies that add up to `2^prob_bits`, in proportion to `counts`: at least 1 for each symbol
/// that occurs. All are 0 where none does.
pub fn frequencies(counts: &[u64; 256], prob_bits: u8) -> [u16; 256] {
    let mut frequencies = [0; 256];
    let total = counts.iter().sum();
    if total == 0 {
        return frequencies;
    }
    let mut shares = Shares { states: 1 << prob_bits, total };
    loop {
        let before = shares;
        for (frequency, &count) in frequencies.iter_mut().zip(counts) {
            if *frequency == 0 && count > 0 && before.is_rare(count) {
                *frequency = 1;
                shares.states -= 1;
                shares.total -= count;
            }
        }
        if shares == before {
            break;
        }
    }
    // Those that are rare keep their one state, and have no part in what is left.
    let rests = core::array::from_fn(|symbol| {
        let is_common = frequencies[symbol] == 0 && counts[symbol] > 0;
        is_common.then(|| shares.rest(counts[symbol]))
    });
    let mut left = shares.states;
    for (symbol, frequency) in frequencies.iter_mut().enumerate() {
        if rests[symbol].is_some() {
            *frequency = shares.whole(counts[symbol]) as u16;
            left -= u64::from(*frequency);
        }
    }
    for symbol in 0..256 {
        frequencies[symbol] += u16::from(more_before(&rests, symbol) < left);
    }
    frequencies
}

/// The number of symbols whose rest comes before that of `symbol`; the largest number where it has
/// no rest.
fn more_before(rests: &[Option<u64>; 256], symbol: usize) -> u64 {
    let Some(own) = rests[symbol] else { return u64::MAX };
    let is_before = |(other, rest): (usize, &Option<u64>)| {
        rest.is_some_and(|rest| rest > own || rest == own && other < symbol)
    };
    rests.iter().enumerate().filter(|&other| is_before(other)).count() as u64
}

/// The logarithm of a number, not 0, in parts of 256, rounded down or one part less.
#[inline(always)]
pub const fn log2(number: u32) -> u32 {
    let mut log = number.ilog2();
    // The fraction's binary digits: the number from 1 to 2 is squared, and halved where it reaches
    // 2.
    let mut fraction = (number as u64) << (31 - log);
    let mut digit = 0;
    while digit < 8 {
        fraction = (fraction * fraction) >> 31;
        let reaches_two = (fraction >> 32) as u32;
        fraction >>= reaches_two;
        log = log << 1 | reaches_two;
        digit += 1;
    }
    log
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use crate::format::{MAX_PROB_BITS, MIN_PROB_BITS, Table};
    use std::vec::Vec;

    fn counts(of: impl Fn(u64) -> u64) -> [u64; 256] {
        core::array::from_fn(|symbol| of(symbol as u64))
    }

    /// Counts of many shapes, two symbols at least in each.
    fn many() -> Vec<[u64; 256]> {
        let mut many = Vec::from([
            counts(|_| 1),
            counts(|symbol| (symbol % 2) << 40),
            counts(|symbol| if symbol == 7 { 1 << 50 } else { 1 }),
            counts(|symbol| u64::from(symbol < 2)),
            counts(|symbol| 1 << (symbol / 8)),
            counts(|symbol| u64::from(symbol % 16 == 3) * (symbol + 1)),
        ]);
        let mut random = 1u64;
        for bits in 1..40 {
            many.push(counts(|_| 0));
            for count in many.last_mut().unwrap() {
                random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                *count = (random >> 20) % (1 << (bits * (random >> 60) / 16 + 1));
            }
        }
        many
    }

    #[test]
    fn they_make_a_table_in_proportion() {
        for counts in many() {
            for prob_bits in MIN_PROB_BITS..=MAX_PROB_BITS {
                let table = Table::new(prob_bits, frequencies(&counts, prob_bits)).unwrap();
                let total: u64 = counts.iter().sum();
                for (&count, &frequency) in counts.iter().zip(table.frequencies()) {
                    assert_eq!(count > 0, frequency > 0);
                    let part = (u128::from(count) << prob_bits).div_ceil(u128::from(total)) as u16;
                    // Rare symbols take from the others, but never make one larger.
                    assert!(frequency <= part.max(1), "{frequency} for {part}");
                }
            }
        }
    }

    #[test]
    fn a_symbol_that_is_commoner_has_no_fewer_states() {
        for counts in many() {
            let frequencies = frequencies(&counts, MAX_PROB_BITS);
            for a in 0..256 {
                for b in 0..256 {
                    let in_order = counts[a] <= counts[b] || frequencies[a] >= frequencies[b];
                    assert!(in_order, "{} and {}", counts[a], counts[b]);
                }
            }
        }
    }

    #[test]
    fn one_symbol_has_all_states_and_none_has_none() {
        let one = frequencies(&counts(|symbol| u64::from(symbol == 9) * 5), 8);
        assert_eq!((one[9], one.iter().filter(|&&frequency| frequency > 0).count()), (256, 1));
        assert_eq!(frequencies(&[0; 256], 12), [0; 256]);
    }

    #[test]
    fn logarithms_are_a_part_less_at_most() {
        for number in (1..4096).chain([1 << 24, 12_345_678, u32::MAX]) {
            let error = 256.0 * f64::from(number).log2() - f64::from(log2(number));
            assert!((0.0..1.01).contains(&error), "{number}: {error}");
        }
    }
}
