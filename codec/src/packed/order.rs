//! The order in which products are added up.
//!
//! The columns of a matrix are cut into [`PARTS`] parts, whatever is multiplied by them and on
//! whatever machine. Each part is summed up on its own from its first step to its last; the sums
//! are then added in pairs ([`add_parts`]), and after them the sum of the row's exceptions, from
//! the first column to the last. So a row of the result is the same whatever else is computed with
//! it, and is computed by as many warps as there are parts.

use super::LANES;

/// Parts that the columns are cut into.
pub const PARTS: u32 = 8;

/// Adds up the sums of the parts: of neighbours first, then of those, and so on. So half of the
/// parts, or a quarter, have the same sum wherever they are added up.
#[inline(always)]
pub const fn add_parts([a, b, c, d, e, f, g, h]: [f32; PARTS as usize]) -> f32 {
    ((a + b) + (c + d)) + ((e + f) + (g + h))
}

/// Exceptions of a row whose products are added up one after another. Few rows have more.
pub const FIRST_EXCEPTIONS: u32 = 32;

/// Sums of the exceptions that a row has after those, one for each lane of a warp: so a row of very
/// many does not keep one lane at work while all others wait.
pub const EXCEPTION_PARTS: u32 = LANES;

/// Adds up the products of a row's exceptions, which are numbered from the first column to the last.
///
/// The first [`FIRST_EXCEPTIONS`] are added up in that order. Of those after them each goes to the
/// next of [`EXCEPTION_PARTS`] sums, and then to the first again; these are added in pairs of
/// neighbours, and their sum to that of the first ones.
pub fn add_exceptions(count: u32, product: impl Fn(u32) -> f32) -> f32 {
    let first = (0..count.min(FIRST_EXCEPTIONS)).fold(0.0, |sum, number| sum + product(number));
    if count <= FIRST_EXCEPTIONS {
        return first;
    }
    let mut sums = [0.0; EXCEPTION_PARTS as usize];
    for number in FIRST_EXCEPTIONS..count {
        sums[((number - FIRST_EXCEPTIONS) % EXCEPTION_PARTS) as usize] += product(number);
    }
    let mut len = sums.len();
    while len > 1 {
        len /= 2;
        for at in 0..len {
            sums[at] = sums[2 * at] + sums[2 * at + 1];
        }
    }
    first + sums[0]
}

/// The steps of a part of so many: from the first number up to, but without, the second.
#[inline(always)]
pub const fn part_steps(part: u32, steps: u32) -> (u32, u32) {
    (first_step(part, steps), first_step(part + 1, steps))
}

#[inline(always)]
const fn first_step(part: u32, steps: u32) -> u32 {
    // Steps are below 2^26, as there are 64 columns in each.
    part * steps / PARTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_follow_each_other_and_differ_by_a_step_at_most() {
        for steps in (0..200).chain([1 << 25, (1 << 26) - 1]) {
            let mut end = 0;
            for part in 0..PARTS {
                let (first, after) = part_steps(part, steps);
                assert_eq!(first, end);
                assert!((steps / PARTS..=steps.div_ceil(PARTS)).contains(&(after - first)));
                end = after;
            }
            assert_eq!(end, steps);
        }
    }

    /// Numbers that F32 holds, so that the order does not matter.
    #[test]
    fn each_exception_is_added_once() {
        for count in [0, 1, 31, 32, 33, 63, 64, 65, 1000] {
            let sum = add_exceptions(count, |number| (number + 1) as f32);
            assert_eq!(sum, (count * (count + 1) / 2) as f32);
        }
    }

    /// 1 is lost beside 2^30, and is there where that is taken away first.
    #[test]
    fn exceptions_are_added_in_their_order() {
        let large = (1u32 << 30) as f32;
        let sum = |count, terms: &[(u32, f32)]| {
            let term = |at| terms.iter().find(|(number, _)| *number == at);
            add_exceptions(count, |number| term(number).map_or(0.0, |(_, value)| *value))
        };
        assert_eq!(sum(32, &[(0, large), (30, -large), (31, 1.0)]), 1.0);
        assert_eq!(sum(32, &[(0, large), (30, 1.0), (31, -large)]), 0.0);
        // The same sum has every 32nd exception; then come neighbours, and those of four.
        assert_eq!(sum(600, &[(40, large), (41, 1.0), (40 + 32, -large)]), 1.0);
        assert_eq!(sum(600, &[(32, large), (33, -large), (34, 1.0)]), 1.0);
        assert_eq!(sum(600, &[(33, large), (34, -large), (35, 1.0)]), 0.0);
        assert_eq!(sum(600, &[(32, large), (35, -large), (36, 1.0)]), 1.0);
        // The first ones are apart from those after them.
        assert_eq!(sum(600, &[(31, large), (32, -large), (33, 1.0)]), 0.0);
    }
}
