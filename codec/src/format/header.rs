//! A blob's first bytes as they lie: its header, and those of its coded raw planes (FORMAT.md
//! sections 7.1 and 7.6).

use super::{MAX_RAW_PLANES, MINOR_VERSION, PlaneCodec, RANS_MINOR_VERSION, Transposition};
use crate::plane::EntropyCoder;
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
    /// Bit `p`: raw plane `p` is coded.
    pub coded_planes: u8,
    /// The values of constant raw planes.
    pub plane_constants: [u8; 3],
    /// Bytes of an element where the tensor is transposed, otherwise 0.
    pub transposed_bytes: u8,
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
    /// Elements in a row where the tensor is transposed, otherwise 0.
    pub transposed_columns: [u8; 4],
    /// Rows of a band where the tensor is transposed, otherwise 0.
    pub band_rows: [u8; 4],
}

impl BlobHeader {
    /// The first four bytes of a blob.
    pub const MAGIC: [u8; 4] = *b"WCTB";
    /// Bytes of the header.
    pub const LEN: usize = core::mem::size_of::<Self>();
    /// Bytes of the header and of as many plane headers as there can be.
    pub const MOST_LEN: usize = Self::LEN + MAX_RAW_PLANES * PlaneHeader::LEN;

    /// The least minor version of a file with this blob, by its plane codecs; that of any file where it
    /// is no blob.
    pub fn minor_version(blob: &[u8]) -> u16 {
        let header: Option<&Self> = blob.get(..Self::LEN).map(bytemuck::from_bytes);
        let Some(header) = header.filter(|header| header.magic == Self::MAGIC) else {
            return MINOR_VERSION;
        };
        let planes = blob[Self::LEN..].chunks_exact(PlaneHeader::LEN);
        let planes = planes.take(header.coded_planes.count_ones() as usize);
        let codecs = planes.map(|plane| bytemuck::from_bytes::<PlaneHeader>(plane).codec);
        let is_rans = |number| {
            PlaneCodec::from_u8(number).is_some_and(|codec| codec.coder() == EntropyCoder::Rans)
        };
        let has_rans = codecs.chain([header.codec]).any(is_rans);
        if has_rans { RANS_MINOR_VERSION } else { MINOR_VERSION }
    }

    /// Writes the order of the tensor's bytes.
    pub fn write_order(&mut self, order: Option<&Transposition>) {
        let numbers =
            order.map(|order| (order.element_bytes(), order.columns(), order.band_rows()));
        let (element_bytes, columns, band_rows) = numbers.unwrap_or_default();
        self.transposed_bytes = element_bytes;
        self.transposed_columns = columns.to_le_bytes();
        self.band_rows = band_rows.to_le_bytes();
    }

    /// Bytes of the header and of the plane headers after it.
    pub const fn len_with_planes(&self) -> usize {
        Self::LEN + self.coded_planes.count_ones() as usize * PlaneHeader::LEN
    }
}

/// The header of a coded raw plane as it lies, unchecked (FORMAT.md section 7.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct PlaneHeader {
    /// Number of the [`super::PlaneCodec`].
    pub codec: u8,
    /// Rows of a full tile, less 1.
    pub tile_rows_less_1: u8,
    /// Tables.
    pub table_count: u8,
    /// Zero.
    pub zero_0: u8,
    /// Bytes of the packed tables.
    pub tables_len: [u8; 4],
    /// 32-bit words of all tiles.
    pub word_count: [u8; 8],
    /// Exceptions of all tiles.
    pub exception_count: [u8; 4],
    /// Zero.
    pub zero_1: [u8; 4],
}

impl PlaneHeader {
    /// Bytes of the header.
    pub const LEN: usize = core::mem::size_of::<Self>();
}

const _: () = assert!(BlobHeader::LEN == 64 && PlaneHeader::LEN == 24);
