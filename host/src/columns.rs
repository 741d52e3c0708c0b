//! Columns of a tensor: some of its last dimension's indices.

use crate::shape::Shape;
use crate::{Dtype, Error, Result};
use std::ops::Range;

/// Some bytes of each of some lines of a tensor, a line being all of its last dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Columns {
    pub line_bytes: u64,
    pub lines: Range<u64>,
    /// Of each line.
    pub bytes: Range<u64>,
}

impl Columns {
    /// The indices `columns` of the last dimension, in the bytes `rows` of a tensor.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where it has fewer than two dimensions, no such columns, or
    /// elements that are no whole bytes; `place` names the tensor.
    pub fn of(
        dtype: Dtype,
        shape: &Shape,
        rows: &Range<u64>,
        columns: &Range<u64>,
        place: impl Fn() -> String,
    ) -> Result<Self> {
        let refuse = |reason: String| Err(Error::InvalidArgument(format!("{}, {reason}", place())));
        let bits = dtype.bitsize() as u64;
        let Some(extent) = shape.iter().last().filter(|_| shape.rank() > 1) else {
            return refuse("of fewer than two dimensions, has no columns".to_owned());
        };
        if !bits.is_multiple_of(8) {
            return refuse(format!("of dtype {dtype}, has columns that are no whole bytes"));
        }
        if columns.start > columns.end || columns.end > extent {
            return refuse(format!("with {extent} columns, has no columns {columns:?}"));
        }
        let element = bits / 8;
        // The tensor's bytes fit 64 bits, so those of a line do, unless there are no lines.
        let line_bytes = extent.saturating_mul(element);
        let line = |byte: u64| byte.checked_div(line_bytes).unwrap_or(0);
        let lines = line(rows.start)..line(rows.end);
        let bytes = columns.start.saturating_mul(element)..columns.end.saturating_mul(element);
        Ok(Self { line_bytes, lines, bytes })
    }

    /// A part of a tensor of `byte_len` bytes: these bytes as one line, or, of the lines in them, which
    /// are whole, the indices `columns` of the last dimension.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where there is no such part, and as [`Columns::of`].
    pub fn in_bytes(
        dtype: Dtype,
        shape: &Shape,
        byte_len: u64,
        bytes: &Range<u64>,
        columns: Option<&Range<u64>>,
        place: impl Fn() -> String,
    ) -> Result<Self> {
        let refuse = |reason| Err(Error::InvalidArgument(format!("{}, {reason}", place())));
        if bytes.start > bytes.end || bytes.end > byte_len {
            return refuse(format!("of {byte_len} bytes, has no bytes {bytes:?}"));
        }
        let Some(columns) = columns else {
            let line_bytes = bytes.end - bytes.start;
            return Ok(Self { line_bytes, lines: 0..1, bytes: 0..line_bytes });
        };
        let part = Self::of(dtype, shape, bytes, columns, &place)?;
        let is_whole = |byte: u64| byte.is_multiple_of(part.line_bytes.max(1));
        match is_whole(bytes.start) && is_whole(bytes.end) {
            true => Ok(part),
            false => refuse(format!("has no whole lines in its bytes {bytes:?}")),
        }
    }

    /// Fails where `out` has not as many bytes as these columns.
    pub fn check_room(&self, out: &[u8], place: impl Fn() -> String) -> Result<()> {
        let lines = self.lines.end - self.lines.start;
        let len = lines.checked_mul(self.bytes.end - self.bytes.start);
        if len == Some(out.len() as u64) {
            return Ok(());
        }
        let found = out.len();
        let message = format!("{}: these columns do not have {found} bytes", place());
        Err(Error::InvalidArgument(message))
    }

    /// Takes these columns from the bytes of their lines.
    pub fn cut(&self, lines: &[u8], out: &mut [u8]) {
        let bytes = self.bytes.start as usize..self.bytes.end as usize;
        let parts = out.chunks_exact_mut(bytes.len().max(1));
        for (line, part) in lines.chunks_exact(self.line_bytes.max(1) as usize).zip(parts) {
            part.copy_from_slice(&line[bytes.clone()]);
        }
    }
}
