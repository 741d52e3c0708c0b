//! FORMAT.md section 4: prediction inside a tile.

#[derive(Clone, Copy, PartialEq)]
pub enum Predictor {
    None,
    Left,
    Top,
    Average,
    Planar,
}

impl Predictor {
    pub fn from_number(number: u8) -> Result<Self, String> {
        Ok(match number {
            0 => Self::None,
            1 => Self::Left,
            2 => Self::Top,
            3 => Self::Average,
            4 => Self::Planar,
            _ => return Err(format!("predictor {number} is not one of 0 to 4")),
        })
    }

    fn predict(self, left: u8, top: u8, top_left: u8) -> u8 {
        match self {
            Self::None => 0,
            Self::Left => left,
            Self::Top => top,
            // "the sum taken in 9 bits": half of it is a byte again.
            Self::Average => ((u16::from(left) + u16::from(top)) / 2) as u8,
            Self::Planar => left.wrapping_add(top).wrapping_sub(top_left),
        }
    }

    /// Turns the residuals of a tile, rows of `width`, into its coded bytes.
    pub fn undo(self, tile: &mut [u8], width: usize) {
        // "with None the coded byte itself": no 128 is taken off either.
        if self == Self::None {
            return;
        }
        for at in 0..tile.len() {
            let (row, column) = (at / width, at % width);
            // "0 where there is none"
            let left = if column > 0 { tile[at - 1] } else { 0 };
            let top = if row > 0 { tile[at - width] } else { 0 };
            let top_left = if row > 0 && column > 0 { tile[at - width - 1] } else { 0 };
            // residual = (coded − prediction + 128) mod 256, solved for the coded byte.
            let prediction = self.predict(left, top, top_left);
            tile[at] = tile[at].wrapping_add(prediction).wrapping_sub(128);
        }
    }
}
