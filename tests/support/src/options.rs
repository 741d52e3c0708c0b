//! The options of an encoder, as something that can be printed and compared.

use wcodec::encode::{PlaneCodec, Predictor};
use wcodec::{Encoder, Order, Profile, RawPlanes};

/// The encoder chooses where an option is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    pub profile: Profile,
    pub codec: Option<PlaneCodec>,
    pub predictor: Option<Predictor>,
    pub tile_rows: Option<u32>,
    pub raw_planes: RawPlanes,
    pub order: Order,
}

impl Options {
    /// This codec and predictor in the shortest tiles.
    pub fn forced(codec: PlaneCodec, predictor: Predictor) -> Self {
        let (codec, predictor) = (Some(codec), Some(predictor));
        Self { codec, predictor, tile_rows: Some(8), ..Self::default() }
    }

    pub fn encoder(&self) -> Encoder {
        self.given_to(Encoder::new())
    }

    /// An encoder without options, given these.
    pub fn given_to(&self, encoder: Encoder) -> Encoder {
        let mut encoder = encoder.profile(self.profile);
        encoder = encoder.raw_planes(self.raw_planes).order(self.order);
        if let Some(codec) = self.codec {
            encoder = encoder.codec(codec);
        }
        if let Some(predictor) = self.predictor {
            encoder = encoder.predictor(predictor);
        }
        if let Some(rows) = self.tile_rows {
            encoder = encoder.tile_rows(rows);
        }
        encoder
    }
}
