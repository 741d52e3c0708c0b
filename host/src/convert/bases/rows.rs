//! Rows of a tensor that another one has at other places.

use crate::Result;
use crate::container::ContentHash;
use crate::delta::RowMap;
use crate::memory::reserve;
use rayon::prelude::*;
use std::collections::HashMap;

/// The map of rows of `row_bytes` that `old` has too, and how many they are. Of rows that are the
/// same the one after the last that was found counts, otherwise the first.
///
/// # Errors
/// [`crate::Error::OutOfMemory`].
pub fn match_rows(new: &[u8], old: &[u8], row_bytes: u64) -> Result<(RowMap, u64)> {
    let len = row_bytes as usize;
    let hash = |bytes: &[u8]| -> Vec<ContentHash> {
        bytes.par_chunks_exact(len).map(ContentHash::of).collect()
    };
    let (new_hashes, old_hashes) = (hash(new), hash(old));
    let range = |row: usize| row * len..(row + 1) * len;
    let mut first: HashMap<ContentHash, u32> = HashMap::with_capacity(old_hashes.len());
    for (number, hash) in (0..).zip(&old_hashes) {
        first.entry(*hash).or_insert(number);
    }
    let mut rows = reserve(new_hashes.len() as u64, "a map of rows")?;
    let (mut next, mut found) = (0usize, 0);
    for (number, hash) in new_hashes.iter().enumerate() {
        let follows = old_hashes.get(next) == Some(hash);
        let at = if follows { Some(next as u32) } else { first.get(hash).copied() };
        // Hashes find them, and the bytes decide.
        let at = at.filter(|&at| old[range(at as usize)] == new[range(number)]);
        if let Some(at) = at {
            next = at as usize + 1;
            found += 1;
        }
        rows.push(at);
    }
    Ok((RowMap::new(row_bytes, rows)?, found))
}

#[cfg(test)]
mod tests {
    use super::match_rows;

    #[test]
    fn rows_are_found_where_they_are_now() {
        let old = [[1u8; 4], [2; 4], [1; 4], [3; 4], [3; 4]].concat();
        let new = [[9u8; 4], [2; 4], [1; 4], [3; 4], [1; 4], [3; 4]].concat();
        let (map, found) = match_rows(&new, &old, 4).unwrap();
        assert_eq!(map.rows(), [None, Some(1), Some(2), Some(3), Some(0), Some(3)]);
        assert_eq!(found, 5);
        assert_eq!(match_rows(&new, &[], 4).unwrap().1, 0);
    }
}
