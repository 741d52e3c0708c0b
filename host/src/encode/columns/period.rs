//! The length of blocks, such as a scale and the small integers that it belongs to, in bytes that
//! no shape tells apart.

/// The longest block that is looked for.
const MOST: usize = 256;
/// The most bytes that are compared, and the part of all that is enough: each is compared with as
/// many as a block may have.
const MOST_COMPARED: usize = 1 << 15;
const COMPARED_PART: usize = 8;
/// Fewer tell nothing.
const LEAST_COMPARED: usize = 1 << 12;
/// Equal pairs of bytes beyond those expected, in standard deviations, that are no chance.
const DEVIATIONS: f64 = 6.0;

/// The distance, if there is one, at which bytes are equal more often than at others; of its
/// multiples, which are as good, the lowest.
pub fn period(data: &[u8]) -> Option<u32> {
    let compared = (data.len() / COMPARED_PART).min(MOST_COMPARED);
    if compared < LEAST_COMPARED {
        return None;
    }
    let start = (data.len() - compared - MOST) / 2;
    let (bytes, after) = (&data[start..][..compared], &data[start..][..compared + MOST]);
    let equal: Vec<u32> = (2..=MOST).map(|lag| equal(bytes, &after[lag..][..compared])).collect();
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
    use crate::encode::columns::random_bytes;

    #[test]
    fn blocks_are_found_by_their_scales() {
        // Longer blocks are fewer, and need more bytes to be seen.
        for (block, len) in
            [(18, 1 << 16), (20, 1 << 16), (34, 1 << 16), (144, 1 << 18), (210, 1 << 18)]
        {
            let mut random = random_bytes();
            // A scale's high byte has few values, the rest are random.
            let byte = |at: usize| {
                let value = random();
                if at % block == 1 { 0x2C + (value & 1) } else { value }
            };
            let data: Vec<u8> = (0..len).map(byte).collect();
            assert_eq!(period(&data), Some(block as u32));
        }
    }

    #[test]
    fn bytes_without_blocks_have_no_period() {
        let mut random = random_bytes();
        let data: Vec<u8> = (0..1 << 16).map(|_| random() & random()).collect();
        assert_eq!(period(&data), None);
        assert_eq!(period(&data[..32000]), None);
        assert_eq!(period(&[]), None);
    }
}
