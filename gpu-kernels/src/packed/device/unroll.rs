//! Loops whose numbers are constants from the start, so that arrays that they index stay in
//! registers. The compiler does not unroll all loops that could be, and not before it decides where
//! arrays lie.

/// Calls `body` with the numbers below `COUNT`, at most sixteen of them.
#[inline(always)]
pub fn each<const COUNT: usize>(mut body: impl FnMut(usize)) {
    const { assert!(COUNT <= 16) };
    macro_rules! call {
        ($($number:literal)*) => { $(if $number < COUNT { body($number) })* };
    }
    call!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
}
