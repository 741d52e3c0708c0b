//! The decisions about a tensor, made before it is coded.

use super::encoded_plane::{EncodedPlane, EncodedPlanes};
use crate::{Error, Result};
use wcodec_codec::format::{
    BlobLayout, MAX_RAW_PLANES, PlaneCodec, Planned, Predictor, SpanLimits, Split, Table, TileGrid,
};

/// Plain data, made by choosing and executed by writing: every encoder that follows it makes the
/// same blob.
pub struct EncodePlan {
    /// The split of its elements.
    pub split: Split,
    /// The tiling.
    pub grid: TileGrid,
    /// The plane codec.
    pub codec: PlaneCodec,
    /// The residual that all coded bytes have under Const, otherwise 0.
    pub coded_constant: u8,
    /// For each raw plane that the split has: its value where it is constant.
    pub plane_constants: [Option<u8>; 3],
    /// The bytes that coding each raw plane is expected to save.
    pub plane_savings: [f64; MAX_RAW_PLANES],
    /// The plan of each tile.
    pub tiles: Vec<TilePlan>,
    /// The tables; none for a codec without symbols.
    pub tables: Vec<Table>,
    /// For each tile the number of its table, 0 for a codec without symbols.
    pub table_of_tile: Vec<u8>,
}

/// The decisions about one tile.
#[derive(Clone, Copy)]
pub struct TilePlan {
    /// The predictor of its coded bytes.
    pub predictor: Predictor,
    /// The residual that ranks count down from, 0 for a codec without ranks.
    pub base: u8,
    /// The residual that stands for exceptions and for places beyond the end of a ragged row.
    pub filler: u8,
}

impl TilePlan {
    /// A tile without predictor and exceptions, whose places are all taken.
    pub const PLAIN: Self = Self { predictor: Predictor::None, base: 0, filler: 0 };
}

impl EncodePlan {
    /// The layout of a blob with these numbers of words and exceptions, and these coded planes.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where the exceptions do not fit 32 bits or the parts 64.
    pub fn layout(
        &self,
        word_count: u64,
        exceptions: u64,
        planes: &EncodedPlanes,
    ) -> Result<BlobLayout> {
        let mut tables_len = 0;
        self.tables.iter().for_each(|table| table.write(|_| tables_len += 1));
        let exception_count = u32::try_from(exceptions).map_err(|_| {
            Error::InvalidArgument(format!("{exceptions} exceptions: choose another codec"))
        })?;
        let table_count = self.tables.len() as u8;
        let limits = SpanLimits { codec: self.codec, table_count, word_count, exception_count };
        let own = Planned { grid: self.grid, limits, tables_len };
        let planes = planes.each_ref().map(|plane| plane.as_ref().map(EncodedPlane::planned));
        let layout = BlobLayout::plan(self.split, own, self.plane_constants, planes)
            .map_err(|invalid| Error::InvalidArgument(invalid.to_string()))?;
        Ok(BlobLayout { coded_constant: self.coded_constant, ..layout })
    }
}
