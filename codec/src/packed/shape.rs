//! The size of a matrix, and where its parts lie in memory.

use super::{BLOCK_ROWS, Form, STEP_COLUMNS};

/// The rows and columns of a matrix, neither of them more than [`Shape::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shape {
    rows: u32,
    columns: u32,
}

impl Shape {
    /// The most rows, and the most columns.
    pub const MAX: u64 = 1 << 31;

    /// A matrix of so many rows and columns; `None` where either is above [`Shape::MAX`].
    pub const fn new(rows: u64, columns: u64) -> Option<Self> {
        if rows <= Self::MAX && columns <= Self::MAX {
            Some(Self { rows: rows as u32, columns: columns as u32 })
        } else {
            None
        }
    }

    /// Rows: elements of a product.
    pub const fn rows(self) -> u32 {
        self.rows
    }

    /// Columns: elements of the vector that is multiplied.
    pub const fn columns(self) -> u32 {
        self.columns
    }

    /// Weights.
    pub const fn weights(self) -> u64 {
        self.rows as u64 * self.columns as u64
    }

    /// Blocks of rows, the last of which may be short.
    pub const fn blocks(self) -> u32 {
        self.rows.div_ceil(BLOCK_ROWS)
    }

    /// Steps of a block, the last of which may be short.
    pub const fn steps(self) -> u32 {
        self.columns.div_ceil(STEP_COLUMNS)
    }
}

/// The places of the parts of a packed matrix, in bytes from its first, which is 256-byte aligned.
///
/// First the steps of the first block, of the second and so on, rows and columns that the matrix
/// does not have being zero. Then for each row of each block the number of exceptions in all rows
/// before it, and once more that of all; then the exceptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// The matrix.
    pub shape: Shape,
    /// The representation of its weights.
    pub form: Form,
    /// The number of exceptions that have room.
    pub exceptions: u32,
}

impl Layout {
    /// Bytes of the steps.
    pub const fn weight_bytes(&self) -> u64 {
        // At most 2^27 blocks of 2^25 steps of 2^11 bytes.
        self.shape.blocks() as u64 * self.shape.steps() as u64 * self.form.step_bytes() as u64
    }

    /// The number of row starts: one for each row of each block, and one for the end.
    pub const fn row_starts(&self) -> u32 {
        if self.form.has_exceptions() { self.shape.blocks() * BLOCK_ROWS + 1 } else { 0 }
    }

    /// The offset of those numbers.
    pub const fn row_starts_at(&self) -> u64 {
        self.weight_bytes()
    }

    /// The offset of the exceptions.
    pub const fn exceptions_at(&self) -> u64 {
        (self.row_starts_at() + 4 * self.row_starts() as u64).next_multiple_of(16)
    }

    /// Bytes of all.
    pub const fn len(&self) -> u64 {
        self.exceptions_at() + 8 * self.exceptions as u64
    }

    /// Returns whether there are no bytes, as the matrix has no weights.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_shape_has_a_length() {
        let shape = Shape::new(Shape::MAX, Shape::MAX).unwrap();
        let layout = Layout { shape, form: Form::Whole, exceptions: 0 };
        assert_eq!(layout.len(), 1 << 63);
        let layout = Layout { shape, form: Form::Fast, exceptions: u32::MAX };
        assert!(layout.len() > 3 << 61);
        assert_eq!(Shape::new(Shape::MAX + 1, 1), None);
        assert_eq!(Shape::new(1, Shape::MAX + 1), None);
    }

    #[test]
    fn parts_do_not_overlap() {
        for (rows, columns) in [(0, 0), (1, 1), (15, 63), (16, 64), (17, 65), (100, 1000)] {
            let shape = Shape::new(rows, columns).unwrap();
            let layout = Layout { shape, form: Form::Fast, exceptions: 7 };
            let blocks = rows.div_ceil(16);
            assert_eq!(layout.weight_bytes(), blocks * columns.div_ceil(64) * 16 * 64 * 12 / 8);
            assert!(layout.exceptions_at() >= layout.row_starts_at() + 4 * (blocks * 16 + 1));
            assert_eq!(layout.exceptions_at() % 16, 0);
            assert_eq!(layout.len(), layout.exceptions_at() + 56);
        }
    }
}
