//! A saved packed matrix, unpacked: docs/packed.md, written down a second time.
//!
//! One weight at a time, its bits picked out one field after another, and its value worked out as a
//! number.

use crate::crc32c;

/// Bytes of the header.
const HEADER: usize = 48;

/// The weights of a saved matrix as BF16 bits, row by row, and how many columns a row has.
pub fn unpack(saved: &[u8]) -> Result<(Vec<u16>, usize), String> {
    let matrix = Matrix::parse(saved)?;
    let mut weights = vec![0; matrix.rows * matrix.columns];
    for row in 0..matrix.rows {
        for column in 0..matrix.columns {
            weights[row * matrix.columns + column] = matrix.weight(row, column)?;
        }
        if matrix.form == 1 {
            for number in matrix.start(row)..matrix.start(row + 1) {
                let at = matrix.exceptions_at() + 8 * number;
                let column = u32_at(matrix.bytes, at) as usize;
                weights[row * matrix.columns + column] = u16_at(matrix.bytes, at + 6);
            }
        }
    }
    Ok((weights, matrix.columns))
}

struct Matrix<'a> {
    form: u8,
    scale: i32,
    rows: usize,
    columns: usize,
    bytes: &'a [u8],
}

impl<'a> Matrix<'a> {
    fn parse(saved: &'a [u8]) -> Result<Self, String> {
        if saved.len() < HEADER || &saved[..8] != b"WCPACKED" || u32_at(saved, 8) != 1 {
            return Err("not a saved matrix of version 1".into());
        }
        if crc32c(&saved[..44]) != u32_at(saved, 44) {
            return Err("the checksum of the header".into());
        }
        let bytes = &saved[HEADER..];
        if crc32c(bytes) != u32_at(saved, 36) {
            return Err("the checksum of the bytes".into());
        }
        Ok(Self {
            form: saved[12],
            scale: saved[14].into(),
            rows: u64_at(saved, 16) as usize,
            columns: u64_at(saved, 24) as usize,
            bytes,
        })
    }

    fn steps(&self) -> usize {
        self.columns.div_ceil(64)
    }

    fn step_bytes(&self) -> usize {
        16 * 64 * if self.form == 1 { 12 } else { 16 } / 8
    }

    fn weight_bytes(&self) -> usize {
        self.rows.div_ceil(16) * self.steps() * self.step_bytes()
    }

    fn start(&self, row: usize) -> usize {
        u32_at(self.bytes, self.weight_bytes() + 4 * row) as usize
    }

    fn exceptions_at(&self) -> usize {
        let starts = 16 * self.rows.div_ceil(16) + 1;
        (self.weight_bytes() + 4 * starts).div_ceil(16) * 16
    }

    /// The weight in its place.
    fn weight(&self, row: usize, column: usize) -> Result<u16, String> {
        let step = &self.bytes[(row / 16 * self.steps() + column / 64) * self.step_bytes()..];
        let (row, column) = (row % 16, column % 64);
        let lane = 4 * (row % 8) + column / 16;
        let (fragment, within) = (column % 16 / 4, column % 4);
        // Register: the row's half of the block, and the column's half of the fragment.
        let register = row / 8 + 2 * (within / 2);
        let shift = 16 * (within % 2);
        let word = |number: usize| u32_at(step, number * 512 + lane * 16 + fragment * 4);
        match self.form {
            0 => Ok((word(register) >> shift) as u16),
            1 => Ok(self.value_of(match register {
                0..3 => (word(register) >> shift & 0x87FF) as u16,
                _ => spread_code([word(0), word(1), word(2)], shift == 16),
            })),
            _ => Err("an unknown form".into()),
        }
    }

    /// The weight that a code stands for, by its value.
    fn value_of(&self, code: u16) -> u16 {
        let (exponent, mantissa) = (i32::from(code >> 7 & 15), f64::from(code & 127));
        let magnitude = if exponent == 0 {
            mantissa / 128.0 * 2f64.powi(1 - 127 + self.scale)
        } else {
            (1.0 + mantissa / 128.0) * 2f64.powi(exponent - 127 + self.scale)
        };
        // Exact: the conversion has nothing to round.
        code & 0x8000 | ((magnitude as f32).to_bits() >> 16) as u16
    }
}

/// The code of the fourth register, one bit field at a time, from the bits that the words of the
/// others leave free.
fn spread_code([a, b, c]: [u32; 3], upper: bool) -> u16 {
    let half = if upper { 16 } else { 0 };
    let exponent = a >> (half + 11) & 15;
    let high_mantissa = b >> (half + 11) & 15;
    let low_mantissa = c >> (half + 12) & 7;
    let sign = c >> (if upper { 11 } else { 27 }) & 1;
    (sign << 15 | exponent << 7 | high_mantissa << 3 | low_mantissa) as u16
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_at(bytes, at)) | u32::from(u16_at(bytes, at + 2)) << 16
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}
