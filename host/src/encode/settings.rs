//! The settings of an encoder, which choosing reads.

use crate::{Error, Result};
use std::ops::RangeInclusive;
use wcodec_codec::format::{MAX_PROB_BITS, MIN_PROB_BITS, PlaneCodec, Predictor, Split};
use wcodec_codec::plane::EntropyCoder;

/// The balance between size and decoding speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Profile {
    /// The smallest blob.
    Ratio,
    /// The fastest to decode within 1.25 % of the smallest, as far as a sample tells.
    #[default]
    Balanced,
    /// The fastest to decode within 3 % of the smallest, as far as a sample tells.
    Fast,
}

impl Profile {
    /// The fraction by which a codec that decodes faster may exceed the smallest size.
    pub(super) const fn codec_tolerance(self) -> f64 {
        match self {
            Self::Ratio => 0.0,
            // FP8 is 0.94 % larger by its exponents alone, with half of the look-ups.
            Self::Balanced => 0.0125,
            Self::Fast => 0.03,
        }
    }

    /// The fraction for fewer or smaller tables and simpler predictors, which gain less speed.
    pub(super) const fn tolerance(self) -> f64 {
        match self {
            Self::Ratio => 0.0,
            Self::Balanced => 0.005,
            Self::Fast => 0.03,
        }
    }
}

/// The form of raw planes that are not constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum RawPlanes {
    /// Those are coded that save more than the profile gives for speed; none where the encoder was
    /// told which codec to take ([`crate::Encoder::codec`]).
    #[default]
    ByCost,
    /// None is coded.
    Stored,
    /// All are coded, whatever it costs: with this codec, which has symbols, or with the best.
    Coded(Option<PlaneCodec>),
}

/// The order in which a tensor's elements are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Order {
    /// By columns where that saves more than the profile gives for speed; never where the encoder
    /// was told which codec to take ([`crate::Encoder::codec`]).
    #[default]
    ByCost,
    /// As they are.
    Rows,
    /// By columns, whatever it costs: rows of `columns` elements, 2 or more, of `element_bytes`
    /// bytes, which are 1, 2, 4 or 8.
    Columns {
        /// Bytes of an element.
        element_bytes: u8,
        /// Elements in a row.
        columns: u32,
    },
}

/// The profile, and the choices that a caller takes from the encoder.
#[derive(Debug, Clone, Default)]
pub struct EncodeSettings {
    pub profile: Profile,
    pub entropy: EntropyCoder,
    pub split: Option<Split>,
    pub codec: Option<PlaneCodec>,
    pub predictor: Option<Predictor>,
    pub tile_rows: Option<u32>,
    pub prob_bits: Option<u8>,
    /// Bytes that are decoded together, where those are more than the tensor's own.
    pub batch_bytes: u64,
    pub raw_planes: RawPlanes,
    pub order: Order,
}

impl EncodeSettings {
    /// Returns whether raw planes are coded where that saves enough: not where a codec is asked for, which
    /// is to be seen as it is.
    pub fn code_raw_planes_by_cost(&self) -> bool {
        self.raw_planes == RawPlanes::ByCost && self.codec.is_none()
    }

    /// The codecs to choose from, by the time they take to decode, the fastest first.
    pub fn codecs(&self) -> &'static [PlaneCodec] {
        match self.entropy {
            EntropyCoder::Rans => &[PlaneCodec::Raw, PlaneCodec::RansPair, PlaneCodec::Rans8],
            _ => &[
                PlaneCodec::Raw,
                PlaneCodec::TansPair,
                PlaneCodec::TansNib,
                PlaneCodec::TansCrumb,
                PlaneCodec::Tans8,
            ],
        }
    }

    /// The one of them that codes any bytes, and stores none.
    pub fn codec_of_bytes(&self) -> PlaneCodec {
        match self.entropy {
            EntropyCoder::Rans => PlaneCodec::Rans8,
            _ => PlaneCodec::Tans8,
        }
    }

    /// The probability bits that tables may have.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where a number was asked for that no table has.
    pub fn prob_bits(&self) -> Result<RangeInclusive<u8>> {
        match self.prob_bits {
            None => Ok(MIN_PROB_BITS..=MAX_PROB_BITS),
            Some(bits) if (MIN_PROB_BITS..=MAX_PROB_BITS).contains(&bits) => Ok(bits..=bits),
            Some(bits) => {
                let reason = format!("tables have 8 to 12 probability bits, not {bits}");
                Err(Error::InvalidArgument(reason))
            }
        }
    }
}
