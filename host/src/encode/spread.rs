//! Samples from all over something.

/// At most `samples` of `count` numbers, ascending: one of each equal part, at a place of its own
/// there, as what is sampled may have a period, such as the columns of a band.
pub fn spread(count: usize, samples: usize) -> impl ExactSizeIterator<Item = usize> {
    let samples = samples.min(count);
    let (all, parts) = (count as u64, samples as u64);
    (0..samples).map(move |number| {
        let start = |part: u64| part * all / parts;
        let part = number as u64;
        let room = start(part + 1) - start(part);
        let place = (room * u64::from(scattered(part))) >> 32;
        (start(part) + place) as usize
    })
}

/// A number without any period (the first steps of SplitMix64).
fn scattered(number: u64) -> u32 {
    let mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (mixed >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::spread;

    #[test]
    fn all_where_they_are_few() {
        for count in [0, 1, 7, 16] {
            assert!(spread(count, 16).eq(0..count));
        }
    }

    #[test]
    fn ascending_and_within() {
        for (count, samples) in [(17, 16), (1 << 20, 1024), (u32::MAX as usize, 256)] {
            let numbers: Vec<usize> = spread(count, samples).collect();
            assert_eq!(numbers.len(), samples);
            assert!(numbers.is_sorted_by(|a, b| a < b) && numbers[samples - 1] < count);
        }
    }

    #[test]
    fn no_period_hides_its_places() {
        for period in [2, 3, 8, 20] {
            let mut seen = vec![0; period];
            spread(512 * period, 16 * period).for_each(|number| seen[number % period] += 1);
            assert!(seen.iter().all(|&seen| seen > 4), "{period}: {seen:?}");
        }
    }
}
