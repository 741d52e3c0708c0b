//! A blob's first 64 bytes as they lie (FORMAT.md section 7.1).

use bytemuck::{Pod, Zeroable};

/// The header of a blob, unchecked; [`super::BlobLayout::parse`] checks it.
///
/// Fields are byte arrays, so that it can be read at any address and on any byte order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct BlobHeader {
    /// [`BlobHeader::MAGIC`].
    pub magic: [u8; 4],
    /// Number of the [`super::Split`].
    pub split: u8,
    /// Number of the [`super::PlaneCodec`].
    pub codec: u8,
    /// [`super::BLOB_VERSION`].
    pub version: u8,
    /// Rows of a full tile, less 1.
    pub tile_rows_less_1: u8,
    /// Tables.
    pub table_count: u8,
    /// The residual that all coded bytes have, where the codec is Const.
    pub coded_constant: u8,
    /// Bit `p`: raw plane `p` is constant.
    pub constant_planes: u8,
    /// Zero.
    pub zero_0: u8,
    /// The values of constant raw planes.
    pub plane_constants: [u8; 3],
    /// Zero.
    pub zero_1: u8,
    /// Decoded length in bytes.
    pub byte_len: [u8; 8],
    /// Width of a matrix row in bytes.
    pub row_bytes: [u8; 8],
    /// 32-bit words of all tiles.
    pub word_count: [u8; 8],
    /// Exceptions of all tiles.
    pub exception_count: [u8; 4],
    /// Bytes of the packed tables.
    pub tables_len: [u8; 4],
    /// Bytes of the blob.
    pub blob_len: [u8; 8],
    /// Zero.
    pub zero_2: [u8; 8],
}

impl BlobHeader {
    /// The first four bytes of a blob.
    pub const MAGIC: [u8; 4] = *b"WCTB";
    /// Bytes of the header.
    pub const LEN: usize = core::mem::size_of::<Self>();
}

const _: () = assert!(BlobHeader::LEN == 64);
