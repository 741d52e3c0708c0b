//! One golden blob: a dtype, a codec and a predictor, and the tensor encoded with them.

use crate::{Options, Random, Tensor};
use twox_hash::XxHash3_64;
use wcodec::encode::{EntropyCoder, PlaneCodec, Predictor, Split};
use wcodec::{Dtype, Order, Profile, RawPlanes};

/// A dtype for each split.
const DTYPES: [(Dtype, Split); 6] = [
    (Dtype::U8, Split::Byte),
    (Dtype::F8_E4M3, Split::RotatedByte),
    (Dtype::BF16, Split::Exponent16),
    (Dtype::F16, Split::High16),
    (Dtype::F32, Split::Exponent32),
    (Dtype::I32, Split::High32),
];

#[derive(Debug, Clone, Copy)]
pub struct Combination {
    pub dtype: Dtype,
    pub split: Split,
    pub codec: PlaneCodec,
    pub predictor: Predictor,
    /// The codec of raw planes, where they are coded.
    pub planes: Option<PlaneCodec>,
    /// Bytes of an element and elements in a row, where it is transposed.
    pub columns: Option<(u8, u32)>,
}

impl Combination {
    /// All combinations: without symbols there is no predictor, and with rANS there are two; raw planes
    /// are coded with one codec and predictor of the tensor's own, and so are transposed tensors, of
    /// elements of each size.
    pub fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for (dtype, split) in DTYPES {
            for codec in PlaneCodec::ALL {
                let predictors = match codec.coder() {
                    EntropyCoder::Rans => 2,
                    _ if codec.has_symbols() => 5,
                    _ => 1,
                };
                for predictor in &Predictor::ALL[..predictors] {
                    let (predictor, planes, columns) = (*predictor, None, None);
                    all.push(Self { dtype, split, codec, predictor, planes, columns });
                }
            }
            let with_planes = PlaneCodec::ALL.into_iter().filter(|codec| codec.has_symbols());
            for planes in with_planes.filter(|_| split.raw_planes() > 0) {
                let (codec, predictor) = (PlaneCodec::TansNib, Predictor::Planar);
                let (planes, columns) = (Some(planes), None);
                all.push(Self { dtype, split, codec, predictor, planes, columns });
            }
        }
        for (number, element_bytes, width) in [(0, 1, 18), (2, 2, 65), (4, 4, 64), (4, 8, 3)] {
            let (dtype, split) = DTYPES[number];
            let (codec, predictor) = (PlaneCodec::TansPair, Predictor::Left);
            let (planes, columns) = (None, Some((element_bytes, width)));
            all.push(Self { dtype, split, codec, predictor, planes, columns });
        }
        all
    }

    pub fn name(&self) -> String {
        let planes = self.planes.map_or(String::new(), |planes| format!("-planes-{planes:?}"));
        let columns = |(bytes, width)| format!("-columns-{bytes}-{width}");
        let columns = self.columns.map_or(String::new(), columns);
        format!("{}-{:?}-{:?}{planes}{columns}", self.dtype, self.codec, self.predictor)
    }

    /// The encoder of the original. An encoder chooses Const by itself.
    pub fn options(&self) -> Options {
        let forced = Options::forced(self.codec, self.predictor);
        let codec = forced.codec.filter(|&codec| codec != PlaneCodec::Const);
        let raw_planes = match self.planes {
            Some(planes) => RawPlanes::Coded(Some(planes)),
            None => RawPlanes::Stored,
        };
        let order = match self.columns {
            Some((element_bytes, columns)) => Order::Columns { element_bytes, columns },
            None => Order::Rows,
        };
        Options { codec, profile: Profile::Ratio, raw_planes, order, ..forced }
    }

    /// Flat with two tiles and a ragged third, or a matrix of two columns with two tiles and a row.
    fn shape(&self) -> Vec<u64> {
        let element_bytes = self.dtype.bitsize() as u64 / 8;
        if self.columns.is_some() {
            // More than a band, and a rest whatever the rows are.
            return vec![(5 * 4096 + 3 * 512 + 104) / element_bytes];
        }
        let is_matrix = (self.predictor as u8 + self.split as u8) % 2 == 1;
        if is_matrix {
            vec![9, 1024 / element_bytes]
        } else {
            vec![(2 * 4096 + 3 * 512 + 100) / element_bytes]
        }
    }

    /// The original: coded bytes near a centre, in the second tile nearer to another, with an
    /// outlier now and then; all other bits are noise, one raw plane of 32-bit elements here and
    /// there excepted.
    pub fn original(&self) -> Tensor {
        let shape = self.shape();
        let count = shape.iter().product::<u64>() as usize;
        let element_bytes = self.dtype.bitsize() / 8;
        let mut random = Random::new(XxHash3_64::oneshot(self.name().as_bytes()));
        let mut data = Vec::new();
        for at in 0..count {
            let coded = self.coded_byte(at * element_bytes, &mut random);
            let element = self.join(coded, random.next_u64() as u32);
            data.extend_from_slice(&element.to_le_bytes()[..element_bytes]);
        }
        Tensor { dtype: self.dtype, shape, data }
    }

    fn coded_byte(&self, offset: usize, random: &mut Random) -> u8 {
        let (centre, deviation): (u8, f64) =
            if offset / 4096 == 1 { (150, 0.5) } else { (90, 2.5) };
        match (self.codec, random.below(300)) {
            (PlaneCodec::Const, _) => 90,
            (_, 0) => random.byte(),
            _ => centre.wrapping_add_signed((deviation * random.gaussian()) as i8),
        }
    }

    /// The element with this coded byte (FORMAT.md section 3).
    fn join(&self, coded: u8, noise: u32) -> u32 {
        let noise = if self.predictor == Predictor::Top { noise & 0xFFFF_00FF } else { noise };
        let c = u32::from(coded);
        match self.split {
            Split::Byte => c,
            Split::RotatedByte => coded.rotate_right(1).into(),
            Split::Exponent16 => noise & 0x807F | c << 7,
            Split::High16 => noise & 0xFF | c << 8,
            Split::Exponent32 => noise & 0x807F_FFFF | c << 23,
            Split::High32 => noise & 0x00FF_FFFF | c << 24,
            _ => unreachable!("the codec is of this version"),
        }
    }
}
