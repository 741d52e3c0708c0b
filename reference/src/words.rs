//! FORMAT.md section 6.3: the words of a tile.

use super::bytes::require;

/// "A reader checks that every word of the tile has been taken, and at most 96 beyond the last."
const MOST_BEYOND: u32 = 96;

/// The words of one tile, taken from the front.
pub struct Words<'a> {
    bytes: &'a [u8],
    /// The number of words taken beyond the last.
    beyond: u32,
}

impl<'a> Words<'a> {
    pub fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, beyond: 0 }
    }

    /// The next word. "Words beyond the tile's last, even where those of the next tile follow, read
    /// as zeros."
    pub fn take(&mut self) -> Result<u32, String> {
        if let Some((word, rest)) = self.bytes.split_first_chunk() {
            self.bytes = rest;
            return Ok(u32::from_le_bytes(*word));
        }
        self.beyond += 1;
        require(self.beyond <= MOST_BEYOND, || {
            format!("more than {MOST_BEYOND} words beyond the tile's last are taken")
        })?;
        Ok(0)
    }

    /// "every word of the tile has been taken"
    pub fn check_end(&self) -> Result<(), String> {
        let left = self.bytes.len() / 4;
        require(left == 0, || format!("{left} words are left after the last step"))
    }
}
