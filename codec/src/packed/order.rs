//! The order in which products are added up.
//!
//! The columns of a matrix are cut into [`PARTS`] parts, whatever is multiplied by them and on
//! whatever machine. Each part is summed up on its own from its first step to its last; the sums
//! are then added in pairs ([`add_parts`]), and after them the sum of the row's exceptions, from
//! the first column to the last. So a row of the result is the same whatever else is computed with
//! it, and is computed by as many warps as there are parts.

/// Parts that the columns are cut into.
pub const PARTS: u32 = 8;

/// Adds up the sums of the parts: of neighbours first, then of those, and so on. So half of the
/// parts, or a quarter, have the same sum wherever they are added up.
#[inline(always)]
pub const fn add_parts([a, b, c, d, e, f, g, h]: [f32; PARTS as usize]) -> f32 {
    ((a + b) + (c + d)) + ((e + f) + (g + h))
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
}
