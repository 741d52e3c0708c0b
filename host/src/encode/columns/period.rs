//! The length of blocks, such as a scale and the small integers that it belongs to, in bytes that
//! no shape tells apart.

/// The longest block that is looked for.
const MOST: usize = 256;
/// Bytes that are compared.
const COMPARED: usize = 1 << 15;
/// Equal pairs of bytes beyond those expected, in standard deviations, that are no chance.
const DEVIATIONS: f64 = 6.0;

/// The distance, if there is one, at which bytes are equal more often than at others; of its
/// multiples, which are as good, the lowest.
pub fn period(data: &[u8]) -> Option<u32> {
    let start = data.len().checked_sub(COMPARED + MOST)? / 2;
    let (bytes, after) = (&data[start..][..COMPARED], &data[start..][..COMPARED + MOST]);
    let equal: Vec<u32> = (2..=MOST).map(|lag| equal(bytes, &after[lag..][..COMPARED])).collect();
    let mut sorted = equal.clone();
    sorted.sort_unstable();
    let usual = f64::from(sorted[sorted.len() / 2]);
    let most = f64::from(*sorted.last()?);
    if most - usual <= DEVIATIONS * usual.max(1.0).sqrt() {
        return None;
    }
    // Of distances that are as good, chance makes one the best.
    let least = (most - 4.0 * most.sqrt()).max((most + usual) / 2.0);
    let as_good = |&equal: &u32| f64::from(equal) > least;
    // Lags count from 2.
    equal.iter().position(as_good).map(|place| place as u32 + 2)
}

/// The number of places where both have the same byte. A part of them is counted in a byte, so that
/// a CPU counts many at once.
fn equal(a: &[u8], b: &[u8]) -> u32 {
    let parts = std::iter::zip(a.as_chunks::<128>().0, b.as_chunks::<128>().0);
    let count = |(a, b): (&[u8; 128], &[u8; 128])| {
        u32::from(std::iter::zip(a, b).map(|(a, b)| u8::from(a == b)).sum::<u8>())
    };
    parts.map(count).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random() -> impl FnMut() -> u8 {
        let mut state = 9u64;
        move || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 56) as u8
        }
    }

    #[test]
    fn blocks_are_found_by_their_scales() {
        for block in [18, 20, 34, 144, 210] {
            let mut random = random();
            // A scale's high byte has few values, the rest are random.
            let byte = |at: usize| {
                let value = random();
                if at % block == 1 { 0x2C + (value & 1) } else { value }
            };
            let data: Vec<u8> = (0..1 << 16).map(byte).collect();
            assert_eq!(period(&data), Some(block as u32));
        }
    }

    #[test]
    fn bytes_without_blocks_have_no_period() {
        let mut random = random();
        let data: Vec<u8> = (0..1 << 16).map(|_| random() & random()).collect();
        assert_eq!(period(&data), None);
        assert_eq!(period(&data[..16000]), None);
        assert_eq!(period(&[]), None);
    }
}
