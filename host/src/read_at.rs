//! Bytes that are read at positions, wherever they are.

use crate::positioned_file;
use std::fs::File;
use std::io;
use std::sync::Arc;

/// Bytes that several threads read at positions: a file, memory, or anything else that can be asked
/// for a range, such as an object in a store.
///
/// The bytes are checked as a hostile file is; a reader that returns other bytes each time causes
/// errors, and no other harm.
///
/// ```
/// use std::io;
/// use wcodec::ReadAt;
///
/// /// Bytes that lie inside of others.
/// struct Part<R> {
///     whole: R,
///     start: u64,
///     len: u64,
/// }
///
/// impl<R: ReadAt> ReadAt for Part<R> {
///     fn byte_len(&self) -> io::Result<u64> {
///         Ok(self.len)
///     }
///
///     fn read_exact_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
///         self.whole.read_exact_at(bytes, self.start + offset)
///     }
/// }
/// ```
pub trait ReadAt: Send + Sync {
    /// The number of bytes.
    ///
    /// # Errors
    /// Errors of the system.
    fn byte_len(&self) -> io::Result<u64>;

    /// Fills `bytes` from byte `offset` on.
    ///
    /// # Errors
    /// Of the kind [`io::ErrorKind::UnexpectedEof`] beyond the end; otherwise those of the system.
    fn read_exact_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()>;
}

impl ReadAt for File {
    fn byte_len(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_exact_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        positioned_file::read_exact_at(self, bytes, offset)
    }
}

impl ReadAt for [u8] {
    fn byte_len(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }

    fn read_exact_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        let part = part(self, offset, bytes.len() as u64).ok_or(io::ErrorKind::UnexpectedEof)?;
        bytes.copy_from_slice(part);
        Ok(())
    }
}

/// The `len` bytes from `offset` on, where there are as many.
pub(crate) fn part(bytes: &[u8], offset: u64, len: u64) -> Option<&[u8]> {
    let start = usize::try_from(offset).ok()?;
    bytes.get(start..)?.get(..usize::try_from(len).ok()?)
}

/// Implements the trait for a pointer to bytes.
macro_rules! read_through {
    ($(($($parameter:tt)*) $pointer:ty;)*) => {$(
        impl<$($parameter)*> ReadAt for $pointer {
            fn byte_len(&self) -> io::Result<u64> {
                (**self).byte_len()
            }

            fn read_exact_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
                (**self).read_exact_at(bytes, offset)
            }
        }
    )*};
}

read_through! {
    (T: ReadAt + ?Sized) &T;
    (T: ReadAt + ?Sized) Box<T>;
    (T: ReadAt + ?Sized) Arc<T>;
}

impl ReadAt for Vec<u8> {
    fn byte_len(&self) -> io::Result<u64> {
        self.as_slice().byte_len()
    }

    fn read_exact_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        self.as_slice().read_exact_at(bytes, offset)
    }
}
