//! Small sound blobs to damage.

use crate::assembler::{self, Plan};
use crate::{Distribution, Options, Tensor, check_blob};
use wcodec::programs::format::{BlobLayout, PlaneCodec, Predictor, Section};
use wcodec::{Blob, Dtype, RawPlanes};

/// A blob and its name.
pub struct Specimen {
    pub name: String,
    pub bytes: Vec<u8>,
}

impl Specimen {
    /// The places of its parts.
    pub fn layout(&self) -> BlobLayout {
        *Blob::parse(&self.bytes).expect("specimens are sound").layout()
    }

    /// The bytes of header, tables and index, padding included.
    pub fn front(&self) -> usize {
        self.layout().words.offset as usize
    }
}

/// All codecs on elements of one, two and four bytes: two tiles, the last with a ragged row.
pub fn specimens() -> Vec<Specimen> {
    let mut specimens = Vec::new();
    for (dtype, element_bytes) in [(Dtype::F8_E4M3, 1), (Dtype::BF16, 2), (Dtype::I32, 4)] {
        for codec in PlaneCodec::ALL {
            let constant = codec == PlaneCodec::Const;
            let distribution =
                if constant { Distribution::Constant } else { Distribution::Gaussian(6.0) };
            let length = (4096 + 540) / element_bytes;
            let tensor = Tensor::new(dtype, &[length], distribution, length);
            let predictor = [Predictor::Left, Predictor::Planar][(element_bytes / 4) as usize];
            let options = Options::forced(codec, predictor);
            // A constant tensor becomes Const by itself.
            let options = if constant { Options { codec: None, ..options } } else { options };
            let bytes = options.encoder().encode(&tensor.view()).expect("a valid tensor");
            check_blob(&bytes, &tensor.data);
            specimens.push(Specimen { name: format!("{dtype} {codec:?}"), bytes });
        }
    }
    specimens.extend([matrix(), two_tables(), empty()]);
    specimens.extend(coded_planes());
    specimens.push(transposed());
    specimens
}

/// Raw planes that are coded: one beside a stored one and a constant one, and all that there are.
fn coded_planes() -> [Specimen; 2] {
    let plan = Plan {
        coded_planes: 0b10,
        plane_codec: assembler::TANS_CRUMB,
        constant_planes: 0b01,
        ..Plan::flat(5, assembler::TANS_PAIR)
    };
    let original: Vec<u8> = assembler::original(4, 4096 + 540, 4)
        .chunks(4)
        .flat_map(|e| [7, e[0], e[1], e[2]])
        .collect();
    let by_hand = assembler::assemble(&original, &plan).bytes();
    check_blob(&by_hand, &original);
    let tensor = Tensor::new(Dtype::F32, &[9, 128], Distribution::Gaussian(6.0), 3);
    let raw_planes = RawPlanes::Coded(Some(PlaneCodec::TansPair));
    let options = Options { raw_planes, ..Options::forced(PlaneCodec::TansNib, Predictor::Left) };
    let encoded = options.encoder().encode(&tensor.view()).expect("a valid tensor");
    check_blob(&encoded, &tensor.data);
    [("one coded plane", by_hand), ("coded planes", encoded)]
        .map(|(name, bytes)| Specimen { name: name.into(), bytes })
}

/// A band and a half, with elements after the last whole row.
fn transposed() -> Specimen {
    let order = [2, 30, 300];
    let plan = Plan { order, ..Plan::flat(2, assembler::TANS_PAIR) };
    let original = assembler::original(6, 450 * 60 + 26, 2);
    let bytes = assembler::assemble(&original, &plan).bytes();
    check_blob(&bytes, &original);
    Specimen { name: "transposed".into(), bytes }
}

/// Two tile columns and two tile rows.
fn matrix() -> Specimen {
    let tensor = Tensor::new(Dtype::U8, &[9, 1024], Distribution::Laplace(2.0), 1);
    let options = Options::forced(PlaneCodec::TansPair, Predictor::Top);
    let bytes = options.encoder().encode(&tensor.view()).expect("a valid tensor");
    Specimen { name: "matrix".into(), bytes }
}

fn two_tables() -> Specimen {
    let plan = Plan { tables: 2, ..Plan::flat(3, assembler::TANS_PAIR) };
    let bytes = assembler::assemble(&assembler::original(2, 4096 + 600, 2), &plan).bytes();
    Specimen { name: "two tables".into(), bytes }
}

fn empty() -> Specimen {
    let tensor = Tensor::of_bytes(Vec::new());
    let bytes = Options::default().encoder().encode(&tensor.view()).expect("a valid tensor");
    Specimen { name: "empty".into(), bytes }
}

/// The parts that come after the front, those that are there.
pub fn data_parts(layout: &BlobLayout) -> Vec<Section> {
    let own = [layout.words, layout.stored_plane, layout.exceptions];
    let planes = layout.coded_planes.into_iter().flatten();
    let planes = planes.flat_map(|plane| [plane.words, plane.stored_plane, plane.exceptions]);
    own.into_iter().chain(layout.raw_planes).chain(planes).filter(|part| part.len > 0).collect()
}
