//! Section 2.1: the elements of a transposed tensor in the order in which they are coded.

/// The coded bytes of an original, for `transposed_bytes`, `columns` and `band_rows`.
pub fn transposed(original: &[u8], [s, p, band_rows]: [usize; 3]) -> Vec<u8> {
    if s == 0 {
        return original.to_vec();
    }
    let elements: Vec<&[u8]> = original.chunks(s).collect();
    let (whole, rest) = elements.split_at(elements.len() / p * p);
    let bands = whole.chunks(p * band_rows);
    let columns = bands.flat_map(|band| (0..p).map(move |j| band.iter().skip(j).step_by(p)));
    columns.flatten().chain(rest).flat_map(|element| element.iter().copied()).collect()
}
