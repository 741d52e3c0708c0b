//! A packed matrix in host memory, ours or borrowed.

use super::description::Description;
use super::steps::word;
use crate::{Error, Result};
use wcodec_codec::packed::{BLOCK_ROWS, Exception, Form, Layout, Scale, Shape};

/// A packed matrix in host memory, byte for byte as it lies on a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedMatrix {
    // Steps, row starts and exceptions as the layout says; exceptions in rows as they may be
    // (`verify` says how), so that nothing here has to be checked again.
    pub(super) bytes: Vec<u8>,
    pub(super) layout: Layout,
    pub(super) scale: Scale,
}

impl PackedMatrix {
    /// The matrix, borrowed.
    pub fn view(&self) -> PackedView<'_> {
        PackedView { bytes: &self.bytes, layout: self.layout, scale: self.scale }
    }

    /// The matrix of parts that a kernel packed.
    #[cfg(feature = "gpu")]
    pub(crate) fn from_parts(bytes: Vec<u8>, layout: Layout, scale: Scale) -> Self {
        Self { bytes, layout, scale }
    }

    /// Rows and columns.
    pub fn shape(&self) -> Shape {
        self.layout.shape
    }

    /// The form of its weights.
    pub fn form(&self) -> Form {
        self.layout.form
    }

    /// Bytes that it takes.
    pub fn byte_len(&self) -> u64 {
        self.layout.len()
    }

    /// Weights that stand beside the form.
    pub fn exceptions(&self) -> u32 {
        self.layout.exceptions
    }
}

/// A packed matrix in borrowed host memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackedView<'a> {
    // As many as the layout says.
    bytes: &'a [u8],
    layout: Layout,
    scale: Scale,
}

impl<'a> PackedView<'a> {
    /// The matrix of these bytes, which are believed to be one: those that
    /// [`PackedView::bytes`] gave, or that [`PackedView::parse`] found to be one.
    ///
    /// Where they are not, its products and weights are wrong, or the error
    /// [`Error::Panicked`].
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where there are not as many bytes as the description says.
    pub fn new(bytes: &'a [u8], description: Description) -> Result<Self> {
        let Description { layout, scale } = description;
        if bytes.len() as u64 != layout.len() {
            let (expected, found) = (layout.len(), bytes.len());
            let reason = format!("a packed matrix of {expected} bytes, {found} were given");
            return Err(Error::InvalidArgument(reason));
        }
        Ok(Self { bytes, layout, scale })
    }

    /// The bytes, as they lie on a device.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// All that there is to know beside the bytes.
    pub fn description(&self) -> Description {
        Description { layout: self.layout, scale: self.scale }
    }

    /// Where the parts lie.
    pub(super) fn layout(&self) -> Layout {
        self.layout
    }

    /// The scale of its weights.
    pub(super) fn scale(&self) -> Scale {
        self.scale
    }

    /// Rows and columns.
    pub fn shape(&self) -> Shape {
        self.layout.shape
    }

    /// The form of its weights.
    pub fn form(&self) -> Form {
        self.layout.form
    }

    /// The bytes of a step.
    pub(super) fn step(&self, block: u32, step: u32) -> &'a [u8] {
        let len = self.form().step_bytes() as usize;
        let number = u64::from(block) * u64::from(self.shape().steps()) + u64::from(step);
        &self.bytes[number as usize * len..][..len]
    }

    /// The exceptions of a row of the matrix.
    pub(super) fn row_exceptions(self, row: u32) -> impl Iterator<Item = Exception> + 'a {
        let range = if self.form().has_exceptions() {
            self.row_start(row)..self.row_start(row + 1)
        } else {
            0..0
        };
        range.map(move |number| self.exception(number))
    }

    /// The number of the first exception of a row; rows count to the end of the last block, and one
    /// further.
    pub(super) fn row_start(&self, row: u32) -> u32 {
        debug_assert!(row <= self.shape().blocks() * BLOCK_ROWS);
        self.word(self.layout.row_starts_at() + 4 * u64::from(row))
    }

    /// The exception of this number.
    pub(super) fn exception(&self, number: u32) -> Exception {
        let at = self.layout.exceptions_at() + 8 * u64::from(number);
        Exception { column: self.word(at), weight: self.word(at + 4) }
    }

    fn word(&self, at: u64) -> u32 {
        word(self.bytes, at as usize)
    }
}
